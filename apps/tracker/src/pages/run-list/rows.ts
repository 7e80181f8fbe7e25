import { isParentKind } from "@uniarm/pipeline/schema";
import type { RunRow } from "../../api/types.ts";
import type { RunsSearch } from "../../app/search.ts";

/** A run of the list; below a study that is open, its runs. */
export interface RunListRow {
  type: "run";
  run: RunRow;
  /** name of the study that it stands below */
  below: string | null;
  /** whether its runs are shown; null: it has none */
  isOpen: boolean | null;
}

export type ListRow =
  | RunListRow
  | { type: "group"; name: string; count: number }
  /** in the place of runs of a study: they are on their way, are none, or are too many */
  | { type: "note"; study: RunRow; says: "loading" | "none" | "more" };

/** What is known of the runs of a study. */
export interface StudyRuns {
  runs: readonly RunRow[];
  isPending: boolean;
  hasMore: boolean;
}

type Group = NonNullable<RunsSearch["group"]>;

const NAMES: Record<Exclude<Group, "none">, (run: RunRow) => string> = {
  group: ({ group }) => group ?? "no group",
  kind: ({ kind }) => kind,
  state: ({ state }) => state.toLowerCase(),
};

/**
 * Runs with a heading before each group; inside of one the newest comes first.
 * @param open runs of the studies that are open; null: no study can be opened, for the list has their runs as well
 */
export function rowsOf(
  runs: readonly RunRow[],
  group: Group,
  open: ReadonlyMap<string, StudyRuns> | null = null,
): ListRow[] {
  const withRuns = (run: RunRow): ListRow[] => rowsOfRun(run, open);
  if (group === "none") return runs.flatMap(withRuns);
  const groups = Map.groupBy(runs, NAMES[group]);
  return [...groups].flatMap(([name, members]): ListRow[] => [
    { type: "group", name, count: members.length },
    ...members.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)).flatMap(withRuns),
  ]);
}

function rowsOfRun(run: RunRow, open: ReadonlyMap<string, StudyRuns> | null): ListRow[] {
  if (open === null || !isParentKind(run.kind)) return [{ type: "run", run, below: null, isOpen: null }];
  const inside = open.get(run.id);
  const study: ListRow = { type: "run", run, below: null, isOpen: inside !== undefined };
  if (inside === undefined) return [study];
  const note = (says: "loading" | "none" | "more"): ListRow => ({ type: "note", study: run, says });
  if (inside.isPending) return [study, note("loading")];
  if (inside.runs.length === 0) return [study, note("none")];
  return [
    study,
    ...inside.runs.map((one): ListRow => ({ type: "run", run: one, below: run.name, isOpen: null })),
    ...(inside.hasMore ? [note("more")] : []),
  ];
}

/** The next sort after a press on a heading: descending, ascending, none. */
export function nextSort(current: string | undefined, field: string): string | undefined {
  if (current === `-${field}`) return field;
  return current === field ? undefined : `-${field}`;
}
