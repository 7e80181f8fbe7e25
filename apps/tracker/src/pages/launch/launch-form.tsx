import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Rocket } from "lucide-react";
import { useCallback, useDeferredValue, useMemo, useRef, useState } from "react";
import { useLaunch } from "../../api/actions.ts";
import { useProject } from "../../app/project.ts";
import { Button, buttonLook } from "../../components/button.tsx";
import { PageTitle } from "../../components/page-title.tsx";
import { Panel } from "../../components/panel.tsx";
import { Tabs } from "../../components/tabs.tsx";
import { isRecord } from "../../form/is-record.ts";
import { JsonEditor } from "../../form/json-editor.tsx";
import type { JsonSchema } from "../../form/json-schema.ts";
import { valueAt } from "../../form/path.ts";
import { SchemaForm } from "../../form/schema-form.tsx";
import { countText } from "../../text/number.ts";
import { ChangeTable } from "./change-table.tsx";
import { EstimatePanel } from "./estimate-panel.tsx";
import { InputsPanel } from "./inputs-panel.tsx";
import { LaunchSettings, launchInput, settingsOf, words } from "./launch-settings.tsx";
import { ProblemList } from "./problem-list.tsx";
import { problemsOf, runsOf, sweptLaunch } from "./sweep-draft.ts";
import { SlurmPanel } from "./slurm-panel.tsx";
import { SweepPanel } from "./sweep-panel.tsx";
import type { Start } from "./use-start.ts";

const FORM_ID = "config";

/** A config as form and as JSON, what was changed, and where it goes. */
export function LaunchForm({ start, schema }: { start: Start; schema: JsonSchema }) {
  const { project } = useProject();
  const { view = "json" } = useSearch({ from: "/shell/launch" });
  const navigate = useNavigate({ from: "/launch" });
  const [config, setConfig] = useState<unknown>(start.config);
  const [settings, setSettings] = useState(() => settingsOf(start, project));
  const [inputs, setInputs] = useState(start.inputs);
  const [wasTried, setWasTried] = useState(false);
  const list = useRef<HTMLDivElement>(null);
  const launch = useLaunch();
  const settled = useDeferredValue(config);
  const [sweep, setSweep] = useState(start.sweep ?? null);
  const varied = useDeferredValue(sweep);
  const problems = useMemo(() => problemsOf(start.kind, settled, varied), [start.kind, settled, varied]);
  const count = sweep && runsOf(sweep);
  // a setting that is still empty counts as a mistake only after an attempt to launch
  const shown = useMemo(
    () =>
      new Map(
        problems
          .filter(({ path }) => wasTried || valueAt(settled, path) !== undefined)
          .map(({ at, message }) => [at, message]),
      ),
    [problems, settled, wasTried],
  );
  const change = useCallback((next: unknown) => setConfig(next ?? {}), []);
  const submit = (): void => {
    setWasTried(true);
    if (problemsOf(start.kind, config, sweep).length > 0 || !isRecord(config)) {
      requestAnimationFrame(() => list.current?.focus());
      return;
    }
    const { clonedFrom } = start;
    launch.mutate({
      ...launchInput(settings, {
        inputs,
        ...(sweep ? sweptLaunch(start.kind, config, sweep) : { kind: start.kind, config }),
      }),
      ...(clonedFrom === undefined ? {} : { clonedFrom }),
    });
  };
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <PageTitle
        title={`Launch ${start.kind}`}
        actions={
          <>
            <Link to="/launch" search={{}} className={buttonLook("plain")}>
              Start from something else
            </Link>
            <Button type="submit" look="primary" busy={launch.isPending}>
              <Rocket aria-hidden />
              {typeof count === "number" ? `Launch ${countText(count, "run")}` : "Launch"}
            </Button>
          </>
        }
      >
        <p className="mt-1 text-muted">Begun with {start.origin}. What is left empty takes its default.</p>
      </PageTitle>
      {wasTried && problems.length > 0 && <ProblemList ref={list} problems={problems} formId={FORM_ID} />}
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
        <Panel title="Config" className="max-xl:order-2">
          <SchemaForm schema={schema} config={config} onChange={change} problems={shown} id={FORM_ID} />
        </Panel>
        <div className="flex min-w-0 flex-col gap-4 max-xl:contents xl:sticky xl:top-18 xl:max-h-[calc(100dvh-5.5rem)] xl:overflow-y-auto">
          <LaunchSettings settings={settings} onChange={setSettings} className="max-xl:order-1" />
          <SweepPanel sweep={sweep} onChange={setSweep} schema={schema} className="max-xl:order-2" />
          <EstimatePanel
            title={sweep ? "Each run is likely to take" : "Likely to take"}
            kind={start.kind}
            config={isRecord(settled) ? settled : {}}
            isValid={problems.length === 0}
            className="max-xl:order-3"
          />
          <SlurmPanel
            title={sweep ? "Each run in Slurm" : "In Slurm"}
            kind={start.kind}
            config={isRecord(settled) ? settled : {}}
            project={settings.project.trim() || "default"}
            labels={words(settings.labels)}
            isValid={problems.length === 0}
            className="max-xl:order-3"
          />
          <InputsPanel kind={start.kind} inputs={inputs} onChange={setInputs} className="max-xl:order-3" />
          <Panel title="As text" className="max-xl:order-4">
            <Tabs
              label="Config as text"
              value={view === "changes" ? "changes" : "json"}
              onChange={(next) => void navigate({ search: (before) => ({ ...before, view: next }), replace: true })}
              tabs={[
                {
                  name: "json",
                  label: "JSON",
                  content: () => <JsonEditor label="Config as JSON" value={config} onChange={change} />,
                },
                {
                  name: "changes",
                  label: "Changes",
                  content: () => <ChangeTable before={start.config} after={config} origin={start.origin} />,
                },
              ]}
            />
          </Panel>
        </div>
      </div>
    </form>
  );
}
