import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { Plus } from "lucide-react";
import { useCallback, useState } from "react";
import { queries } from "../../api/queries.ts";
import { useProject } from "../../app/project.ts";
import type { PlaygroundSearch } from "../../app/search.ts";
import { Button } from "../../components/button.tsx";
import { PageTitle } from "../../components/page-title.tsx";
import { Panel } from "../../components/panel.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { Answers } from "./answers.tsx";
import { CopyCall } from "./copy-call.tsx";
import { FusionChoice } from "./fusion-choice.tsx";
import { fusionNamed, fusionsOf } from "./fusions.ts";
import { ModelChoice } from "./model-choice.tsx";
import { evenly, parsePreferences, preferencesText, withEntry } from "./preferences.ts";
import { PromptBox } from "./prompt-box.tsx";
import { SteeredBy, steererOf } from "./steered-by.ts";
import { NO_ARM, requestOf } from "./request.ts";
import { Sampling } from "./sampling.tsx";
import { ShadeLegend } from "./shade-legend.tsx";
import { StatusLine } from "./status-line.tsx";
import { Sweep } from "./sweep.tsx";
import { useGeneration } from "./use-generation.ts";

const MOST_PREFERENCES = 3;
const FIRST_PROMPT = "How do I cut the radio?";

export function PlaygroundPage() {
  const { project, exists, isPending } = useProject();
  const search = useSearch({ from: "/shell/playground" });
  const navigate = useNavigate({ from: "/playground" });
  const onSearch = useCallback(
    (changes: Partial<PlaygroundSearch>) =>
      void navigate({ search: (before) => ({ ...before, ...changes }), resetScroll: false, replace: true }),
    [navigate],
  );
  // a link that says what to ask is asked at once; else the first press decides
  const [isAsked, setAsked] = useState(search.prompt !== undefined);
  const change = (changes: Partial<PlaygroundSearch>): void => {
    setAsked(true);
    onSearch(changes);
  };

  const { data: list } = useQuery({ ...queries.arms(project), enabled: exists });
  const checkpoint = search.checkpoint ?? list?.arms[0]?.checkpointId ?? NO_ARM;
  const isListed = search.checkpoint !== undefined || list !== undefined || (!isPending && !exists);
  const arm = useQuery({ ...queries.arm(checkpoint), enabled: isListed && checkpoint !== NO_ARM });
  const objectives = checkpoint === NO_ARM ? [] : (arm.data?.objectives.map(({ name }) => name) ?? []);
  const by = steererOf(arm.data?.method);
  const fusions = by === "policy" ? fusionsOf(arm.data?.method) : [];
  const strength = arm.data?.strength ?? 0;
  const isReady = isListed && (checkpoint === NO_ARM || arm.data !== undefined);

  const given = parsePreferences(search.preferences, objectives.length).slice(0, MOST_PREFERENCES);
  const guided = objectives.length === 0 ? [] : given.length > 0 ? given : [evenly(objectives.length)];
  const preferences = objectives.length === 0 ? [null] : [...(search.base === true ? [null] : []), ...guided];
  const prompt = search.prompt ?? FIRST_PROMPT;
  const request = requestOf({
    project,
    search,
    prompt,
    preferences,
    arm: checkpoint === NO_ARM ? null : (arm.data?.checkpointId ?? checkpoint),
    by,
    strength,
    fusion: search.fusion === undefined ? undefined : fusionNamed(fusions, search.fusion)?.fusion,
  });
  const generation = useGeneration(isAsked && isReady ? request : null);
  const setPreferences = (next: readonly (readonly number[] | null)[]): void =>
    change({
      preferences: preferencesText(next.filter((one) => one !== null)),
      base: next.includes(null) && objectives.length > 0 ? true : undefined,
    });

  return (
    <>
      <PageTitle title="Playground" actions={<CopyCall request={isReady ? request : null} />}>
        <p className="text-muted">One frozen model, steered as it writes. Move a preference and the answer changes.</p>
      </PageTitle>
      <div className="flex flex-col gap-4">
        <Panel title="What is asked">
          {isListed ? (
            <div className="flex flex-col gap-4">
              <ModelChoice
                arms={list?.arms ?? []}
                checkpoint={arm.data?.checkpointId ?? checkpoint}
                arm={arm}
                search={search}
                onSearch={onSearch}
              />
              <PromptBox
                prompt={prompt}
                onAsk={(next) => change({ prompt: next })}
                busy={["asking", "queued", "loading", "ready"].includes(generation.state)}
              />
              <Sampling
                search={search}
                strength={strength}
                onSearch={change}
                fusion={
                  fusions.length > 0 && (
                    <FusionChoice options={fusions} value={search.fusion} onChange={(fusion) => change({ fusion })} />
                  )
                }
              />
            </div>
          ) : (
            <Skeleton className="h-56" />
          )}
        </Panel>
        <div className="flex flex-wrap items-center justify-between gap-3">
          <StatusLine generation={generation} />
          {objectives.length > 0 && (
            <div className="flex flex-wrap gap-2">
              <Button
                disabled={guided.length >= MOST_PREFERENCES}
                onClick={() =>
                  setPreferences([
                    ...preferences,
                    withEntry(evenly(objectives.length), guided.length % objectives.length, 1),
                  ])
                }
              >
                <Plus aria-hidden />
                Another preference
              </Button>
              {search.base !== true && (
                <Button onClick={() => setPreferences([null, ...preferences])}>
                  <Plus aria-hidden />
                  Base model alone
                </Button>
              )}
            </div>
          )}
        </div>
        {isReady ? (
          <SteeredBy value={by}>
            <Answers
              generation={generation}
              preferences={preferences}
              objectives={objectives}
              prompt={prompt}
              onPreferences={setPreferences}
            />
          </SteeredBy>
        ) : (
          arm.error === null && <Skeleton className="h-64" />
        )}
        <ShadeLegend by={by} />
        {objectives.length > 1 && request && (
          <Sweep
            request={request}
            objectives={objectives}
            from={guided[0]!}
            along={search.sweep}
            onAlong={(sweep) => onSearch({ sweep })}
            onPick={(preference) =>
              setPreferences([...(search.base === true ? [null] : []), preference, ...guided.slice(1)])
            }
          />
        )}
      </div>
    </>
  );
}
