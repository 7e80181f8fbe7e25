import type { RunRow } from "../../api/types.ts";
import type { RunsSearch } from "../../app/search.ts";

export type ListRow = { type: "run"; run: RunRow } | { type: "group"; name: string; count: number };

type Group = NonNullable<RunsSearch["group"]>;

const NAMES: Record<Exclude<Group, "none">, (run: RunRow) => string> = {
  group: ({ group }) => group ?? "no group",
  kind: ({ kind }) => kind,
  state: ({ state }) => state.toLowerCase(),
};

/** Runs with a heading before each group; inside of one the newest comes first. */
export function rowsOf(runs: readonly RunRow[], group: Group): ListRow[] {
  if (group === "none") return runs.map((run) => ({ type: "run", run }));
  const groups = Map.groupBy(runs, NAMES[group]);
  return [...groups].flatMap(([name, members]): ListRow[] => [
    { type: "group", name, count: members.length },
    ...members.toSorted((a, b) => b.createdAt.localeCompare(a.createdAt)).map((run): ListRow => ({ type: "run", run })),
  ]);
}

/** The next sort after a press on a heading: descending, ascending, none. */
export function nextSort(current: string | undefined, field: string): string | undefined {
  if (current === `-${field}`) return field;
  return current === field ? undefined : `-${field}`;
}
