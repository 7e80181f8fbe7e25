import { LIMITS } from "@uniarm/core/schema";
import { CircleHelp, Search, X } from "lucide-react";
import { useState } from "react";
import { Button } from "../../components/button.tsx";
import type { RunRow } from "../../api/types.ts";
import { Popover } from "../../components/popover.tsx";
import { FilterInput } from "./filter-input.tsx";

const EXAMPLES: readonly { filter: string; says: string }[] = [
  { filter: "state = RUNNING,QUEUED", says: "one of these states" },
  { filter: "kind = train config.seed = 1", says: "both hold" },
  { filter: "config.optimizer.learningRate > 0.001", says: "a setting of the config" },
  { filter: "metric.loss < 0.5", says: "the last value; .min, .max, .count for others" },
  { filter: 'metric."f1 score" > 0.9', says: "names with blanks or marks, in quotes" },
  { filter: "tag = seed-1 or tag = seed-2", says: "either" },
  { filter: "not name ~ quick", says: "does not contain" },
  { filter: "created > 2026-01-31", says: "a day, or 2026-01-31T18:30, of your time zone" },
  { filter: "created > 2d", says: "within two days; s, m, h, d, w" },
  { filter: '"my run"', says: "in names and tags" },
];

export interface FilterBarProps {
  filter: string;
  onFilter: (filter: string) => void;
  /** the server's sentence about it */
  problem: string | null;
  /** what is offered to be written is of this project; null: it does not exist yet */
  project: string | null;
  runs: readonly RunRow[];
}

/** The server's own filter language, asked with Enter. */
export function FilterBar({ filter, onFilter, problem, project, runs }: FilterBarProps) {
  const [draft, setDraft] = useState(filter);
  const [applied, setApplied] = useState(filter);
  if (applied !== filter) {
    // changed elsewhere: a saved view, the browser's back
    setApplied(filter);
    setDraft(filter);
  }
  const tooLong =
    draft.trim().length > LIMITS.filter
      ? `A filter has at most ${LIMITS.filter.toLocaleString("en-US")} letters; this one has ${draft.trim().length.toLocaleString("en-US")}.`
      : null;
  const said = tooLong ?? problem;
  return (
    <form
      role="search"
      className="flex min-w-0 grow flex-col gap-1"
      onSubmit={(event) => {
        event.preventDefault();
        if (tooLong === null) onFilter(draft.trim());
      }}
    >
      <div className="flex gap-2">
        <div className="relative min-w-0 grow">
          <Search aria-hidden className="pointer-events-none absolute top-2.5 left-3 size-4 text-muted" />
          <FilterInput
            data-page-search
            project={project}
            runs={runs}
            aria-label="Filter"
            aria-invalid={said !== null}
            aria-describedby={said === null ? undefined : "filter-problem"}
            placeholder="state = RUNNING  metric.loss < 0.5  tag = seed-1"
            value={draft}
            onChange={setDraft}
            className="pr-9 pl-9 font-mono"
          />
          {draft !== "" && (
            <Button
              look="ghost"
              size="small"
              aria-label="Clear the filter"
              className="absolute top-1 right-1"
              onClick={() => {
                setDraft("");
                onFilter("");
              }}
            >
              <X aria-hidden />
            </Button>
          )}
        </div>
        <Button type="submit">Filter</Button>
        <Popover
          label="How to filter"
          trigger={
            <Button look="ghost" size="icon" aria-label="How to filter">
              <CircleHelp aria-hidden />
            </Button>
          }
        >
          <p className="mb-2 text-muted">
            Comparisons one after the other must all hold. Press one to try it; Enter filters. In the table, press a
            value, or <kbd>=</kbd> on a run&rsquo;s name, to filter by it.
          </p>
          <ul className="flex flex-col gap-1.5">
            {EXAMPLES.map((example) => (
              <li key={example.filter}>
                <button
                  type="button"
                  className="w-full rounded px-1 py-0.5 text-left hover:bg-sunken"
                  onClick={() => setDraft(example.filter)}
                >
                  <code className="font-mono text-xs">{example.filter}</code>
                  <span className="block text-xs text-muted">{example.says}</span>
                </button>
              </li>
            ))}
          </ul>
        </Popover>
      </div>
      {said !== null && (
        <p id="filter-problem" role="alert" className="text-bad">
          {said}
        </p>
      )}
    </form>
  );
}
