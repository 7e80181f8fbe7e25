import type { InfiniteData, QueryClient } from "@tanstack/react-query";
import { api } from "./client.ts";
import type { Inputs, Outputs, RunRow } from "./types.ts";

type Page = Outputs["runs"]["list"];
type ListInput = Omit<Inputs["runs"]["list"], "cursor">;

/** So many pages are simply read again; of longer lists only the rows that changed are. */
const FEW_PAGES = 2;
/** Ids in one question; the server's filters have a length. */
const MOST_IDS = 100;

/** Brings what is shown of these runs up to date: in short lists, in the virtual one, and in what counts them. */
export async function refreshRuns(client: QueryClient, project: string, ids: readonly string[]): Promise<void> {
  const short = [["runs", "page"], ["projects"], ["workers"], ["doctor"], ["fronts", "recent"]];
  await Promise.all([
    ...short.map((queryKey) => client.invalidateQueries({ queryKey })),
    ...client
      .getQueryCache()
      .findAll({ queryKey: ["runs", "pages"], type: "active" })
      .map(async ({ queryKey }) => {
        const pages = client.getQueryData<InfiniteData<Page>>(queryKey);
        if (!pages || pages.pages.length <= FEW_PAGES) return client.invalidateQueries({ queryKey, exact: true });
        const input = queryKey[2] as ListInput;
        const fresh = await rowsOf(project, ids, input);
        client.setQueryData<InfiniteData<Page>>(queryKey, (old) => old && withRows(old, fresh, input));
      }),
  ]);
}

async function rowsOf(project: string, ids: readonly string[], { columns }: ListInput): Promise<RunRow[]> {
  const parts = Array.from({ length: Math.ceil(ids.length / MOST_IDS) }, (_, part) =>
    ids.slice(part * MOST_IDS, (part + 1) * MOST_IDS),
  );
  const answers = await Promise.all(
    parts.map((part) =>
      api.runs.list.query({
        project,
        filter: `id = ${part.join(",")}`,
        limit: MOST_IDS,
        ...(columns ? { columns } : {}),
      }),
    ),
  );
  return answers.flatMap(({ runs }) => runs);
}

/** Known rows are replaced where they stand; new ones come first where the list begins with the newest. */
function withRows(
  old: InfiniteData<Page>,
  fresh: readonly RunRow[],
  { sort, filter, parent }: ListInput,
): InfiniteData<Page> {
  const byId = new Map(fresh.map((run) => [run.id, run]));
  const known = new Set(old.pages.flatMap(({ runs }) => runs.map(({ id }) => id)));
  const isNewestFirst = (sort === undefined || sort === "-created") && !filter;
  const added = isNewestFirst
    ? fresh.filter(({ id, parentId }) => !known.has(id) && (parent !== "none" || parentId === null))
    : [];
  return {
    ...old,
    pages: old.pages.map((page, index) => ({
      ...page,
      runs: [...(index === 0 ? added : []), ...page.runs.map((run) => byId.get(run.id) ?? run)],
    })),
  };
}
