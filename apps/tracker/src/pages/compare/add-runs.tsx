import { useQuery } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState } from "react";
import { isAway, sentenceOf } from "../../api/errors.ts";
import { queries } from "../../api/queries.ts";
import { useProject } from "../../app/project.ts";
import { Button } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { Input } from "../../components/input.tsx";
import { Popover } from "../../components/popover.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";

const SHOWN = 50;

export interface AddRunsProps {
  chosen: readonly string[];
  onChosen: (ids: string[]) => void;
  most: number;
}

/** Finds runs with the filter of the runs page; a press adds them to the comparison. */
export function AddRuns(props: AddRunsProps) {
  return (
    <Popover
      label="Runs to compare"
      trigger={
        <Button>
          <Plus aria-hidden />
          Runs
        </Button>
      }
    >
      <RunChoice {...props} />
    </Popover>
  );
}

function RunChoice({ chosen, onChosen, most }: AddRunsProps) {
  const { project, exists } = useProject();
  const [draft, setDraft] = useState("");
  const [filter, setFilter] = useState("");
  const { data, error } = useQuery({
    ...queries.runs({ project, limit: SHOWN, ...(filter === "" ? {} : { filter }) }),
    enabled: exists,
    throwOnError: false,
  });
  const runs = data?.runs ?? [];
  const add = (ids: readonly string[]): void => onChosen([...new Set([...chosen, ...ids])]);
  return (
    <div className="flex flex-col gap-2">
      <form
        role="search"
        onSubmit={(event) => {
          event.preventDefault();
          setFilter(draft.trim());
        }}
      >
        <Input
          aria-label="Filter of runs"
          placeholder="kind = train tag = seed-1"
          spellCheck={false}
          value={draft}
          onChange={(event) => setDraft(event.target.value)}
          className="font-mono"
        />
      </form>
      {error && !isAway(error) ? (
        <p role="alert" className="text-bad">
          {sentenceOf(error)}
        </p>
      ) : !data && exists ? (
        <SkeletonRows rows={4} />
      ) : (
        <>
          <ul className="flex max-h-72 flex-col gap-1 overflow-y-auto">
            {runs.map(({ id, name, kind, createdAt }) => (
              <li key={id} className="flex items-center gap-2">
                <Checkbox
                  label={`Compare ${name}`}
                  checked={chosen.includes(id)}
                  onChange={(on) => (on ? add([id]) : onChosen(chosen.filter((one) => one !== id)))}
                />
                <span className="min-w-0 grow truncate" title={name}>
                  {name}
                </span>
                <span className="text-xs text-muted">
                  {kind}, <RelativeTime time={createdAt} />
                </span>
              </li>
            ))}
            {runs.length === 0 && <li className="text-muted">No run fits.</li>}
          </ul>
          {runs.length > 0 && (
            <Button size="small" className="self-start" onClick={() => add(runs.map(({ id }) => id))}>
              Add these {runs.length}
            </Button>
          )}
          <p className="text-xs text-muted">
            {chosen.length} chosen; at most {most} are compared at once
          </p>
        </>
      )}
    </div>
  );
}
