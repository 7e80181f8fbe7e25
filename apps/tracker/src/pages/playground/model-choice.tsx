import { useQuery } from "@tanstack/react-query";
import { useId } from "react";
import { sentenceOf } from "../../api/errors.ts";
import { queries } from "../../api/queries.ts";
import type { Outputs } from "../../api/types.ts";
import type { PlaygroundSearch } from "../../app/search.ts";
import { Select } from "../../components/select.tsx";
import { NO_ARM } from "./request.ts";

type ArmRow = Outputs["arms"]["list"]["arms"][number];
const OWN = "own";
const SHIPPED = ["tiny-world:default", "tiny-world:quick"];

export interface ModelChoiceProps {
  arms: readonly ArmRow[];
  /** as the page uses it: of the URL, else the newest */
  checkpoint: string;
  arm: { data: Outputs["arms"]["get"] | undefined; error: unknown };
  search: PlaygroundSearch;
  onSearch: (changes: Partial<PlaygroundSearch>) => void;
}

/** The ARM that steers, and the base model that answers. */
export function ModelChoice({ arms, checkpoint, arm, search, onSearch }: ModelChoiceProps) {
  const { data: models } = useQuery(queries.models());
  const [armId, modelId] = [useId(), useId()];
  const own = arm.data?.model ?? "tiny-world:default";
  const isKnown = checkpoint === NO_ARM || arms.some(({ checkpointId }) => checkpointId === checkpoint);
  return (
    <div className="grid gap-3 sm:grid-cols-2">
      <div className="flex min-w-0 flex-col gap-1">
        <label htmlFor={armId} className="text-xs font-semibold text-muted">
          ARM (autoregressive reward model)
        </label>
        <Select
          id={armId}
          value={checkpoint}
          onChange={(next) =>
            onSearch({ checkpoint: next, preferences: undefined, fusion: undefined, sweep: undefined })
          }
          options={[
            ...(isKnown ? [] : [{ value: checkpoint, label: checkpoint }]),
            ...arms.map(({ checkpointId, run, step, best }) => ({
              value: checkpointId,
              label: `${run.name}, step ${step}${best ? ", best" : ""} (${run.id.slice(0, 6)})`,
            })),
            { value: NO_ARM, label: "none: the base model alone" },
          ]}
          className="w-full min-w-0"
        />
        {arm.error != null && (
          <p role="alert" className="text-bad">
            {sentenceOf(arm.error)}
          </p>
        )}
        {arm.data && (
          <p className="text-xs text-muted">
            {arm.data.method}, weighs {arm.data.objectives.map(({ name }) => name).join(", ")}
          </p>
        )}
      </div>
      <div className="flex min-w-0 flex-col gap-1">
        <label htmlFor={modelId} className="text-xs font-semibold text-muted">
          Base model
        </label>
        <Select
          id={modelId}
          value={search.model ?? OWN}
          onChange={(next) => onSearch({ model: next === OWN ? undefined : next })}
          options={[
            { value: OWN, label: checkpoint === NO_ARM ? "tiny-world:default" : `the one it was trained on (${own})` },
            ...[...new Set([...SHIPPED, ...(models?.models.map(({ folder }) => folder) ?? []), search.model ?? OWN])]
              .filter((folder) => folder !== OWN)
              .map((folder) => ({
                value: folder,
                label: models?.models.find((model) => model.folder === folder)?.name ?? folder,
              })),
          ]}
          className="w-full min-w-0"
        />
      </div>
    </div>
  );
}
