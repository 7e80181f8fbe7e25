import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { queries } from "../../api/queries.ts";
import type { Inputs } from "../../api/types.ts";
import { Checkbox } from "../../components/checkbox.tsx";
import { Input as TextInput, TextArea } from "../../components/input.tsx";
import { Panel } from "../../components/panel.tsx";
import type { LaunchKind } from "@uniarm/pipeline/schema";
import type { Input, Start } from "./use-start.ts";

/** As typed. */
export interface Settings {
  project: string;
  name: string;
  group: string;
  tags: string;
  labels: string;
  notes: string;
  slots: string;
  priority: string;
  maxAttempts: string;
  useCache: boolean;
}

export const settingsOf = ({ name, tags, labels }: Start, project: string): Settings => ({
  project,
  name,
  group: "",
  tags: tags.join(", "),
  labels: labels.join(", "),
  notes: "",
  slots: "1",
  priority: "0",
  maxAttempts: "4",
  useCache: true,
});

/** As typed, with commas or blanks between. */
export const words = (text: string): string[] => text.split(/[,\s]+/).filter(Boolean);

export function launchInput(
  settings: Settings,
  { kind, config, inputs }: { kind: LaunchKind; config: Record<string, unknown>; inputs: Input[] },
): Inputs["runs"]["launch"] {
  const { project, name, group, notes, slots, priority, maxAttempts, useCache } = settings;
  return {
    project: project.trim() || "default",
    kind,
    config,
    inputs,
    notes,
    useCache,
    tags: words(settings.tags),
    labels: words(settings.labels),
    slots: Number(slots),
    priority: Number(priority),
    maxAttempts: Number(maxAttempts),
    ...(name.trim() === "" ? {} : { name: name.trim() }),
    ...(group.trim() === "" ? {} : { group: group.trim() }),
  };
}

export interface LaunchSettingsProps {
  settings: Settings;
  onChange: (settings: Settings) => void;
  className?: string;
}

/** The settings of a launch besides its config. */
export function LaunchSettings({ settings, onChange, className }: LaunchSettingsProps) {
  const cacheId = useId();
  const { data } = useQuery(queries.workers());
  const offered = [...new Set(data?.workers.flatMap(({ labels }) => labels))].toSorted();
  const text = (name: Exclude<keyof Settings, "useCache">) => ({
    value: settings[name],
    onChange: (value: string) => onChange({ ...settings, [name]: value }),
  });
  return (
    <Panel title="Run" {...(className === undefined ? {} : { className })}>
      <div className="grid gap-3 sm:grid-cols-2">
        <TextSetting
          label="Name"
          help="The name that lists show. Without one: two words and a number."
          {...text("name")}
        />
        <TextSetting label="Project" help="Created if it does not exist." {...text("project")} />
        <TextSetting label="Tags" help="To find the run by; separated by commas." {...text("tags")} />
        <TextSetting
          label="Labels"
          help={`A worker must offer all of these.${offered.length > 0 ? ` Offered: ${offered.join(", ")}.` : ""}`}
          {...text("labels")}
        />
      </div>
      <details className="mt-3">
        <summary className="w-fit text-accent">More</summary>
        <div className="mt-3 grid gap-3 sm:grid-cols-2">
          <TextSetting label="Group" help="Runs that answer one question." {...text("group")} />
          <TextSetting label="Slots" help="How many of a worker's slots it takes." numeric {...text("slots")} />
          <TextSetting label="Priority" help="Larger numbers run first." numeric {...text("priority")} />
          <TextSetting
            label="Attempts"
            help="Attempts that may be lost before the run fails."
            numeric
            {...text("maxAttempts")}
          />
          <div className="flex flex-col gap-1 sm:col-span-2">
            <label htmlFor={`${cacheId}-notes`} className="font-medium">
              Notes, in Markdown
            </label>
            <TextArea
              id={`${cacheId}-notes`}
              rows={3}
              maxLength={100_000}
              value={settings.notes}
              onChange={({ target }) => onChange({ ...settings, notes: target.value })}
            />
          </div>
          <div className="flex items-center gap-2 sm:col-span-2">
            <Checkbox
              id={cacheId}
              checked={settings.useCache}
              onChange={(useCache) => onChange({ ...settings, useCache })}
            />
            <label htmlFor={cacheId}>Reuse outputs of runs with the same config and inputs</label>
          </div>
        </div>
      </details>
    </Panel>
  );
}

interface TextSettingProps {
  label: string;
  help: string;
  value: string;
  onChange: (value: string) => void;
  numeric?: boolean;
}

function TextSetting({ label, help, value, onChange, numeric = false }: TextSettingProps) {
  const id = useId();
  return (
    <div className="flex min-w-0 flex-col gap-1">
      <label htmlFor={id} className="font-medium">
        {label}
      </label>
      <TextInput
        id={id}
        maxLength={500}
        autoComplete="off"
        aria-describedby={`${id}-help`}
        value={value}
        {...(numeric ? { inputMode: "numeric" as const } : {})}
        onChange={({ target }) => onChange(target.value)}
      />
      <p id={`${id}-help`} className="text-xs text-muted">
        {help}
      </p>
    </div>
  );
}
