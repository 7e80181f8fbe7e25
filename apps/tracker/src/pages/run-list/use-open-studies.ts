import { useQueries, type UseQueryResult } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { queries } from "../../api/queries.ts";
import type { Inputs, Outputs } from "../../api/types.ts";
import { useKeepList, useUrlList, type UrlList } from "../../api/url-list.ts";
import type { StudyRuns } from "./rows.ts";

/** What the server gives at once; of a larger study the rest is a press away. */
const MOST_RUNS = 500;
const NOBODY: readonly string[] = [];

type Asked = Pick<Inputs["runs"]["list"], "project" | "columns" | "sort">;

/** The studies that are open, as the address has them, and their runs: in the order of the list, or of the study's graph. */
export function useOpenStudies(
  inUrl: UrlList,
  asked: Asked,
  set: (changes: { open: string | undefined; openIn: string | undefined }) => void,
): { open: ReadonlyMap<string, StudyRuns>; toggle: (id: string) => void } {
  const text = (useUrlList(inUrl).items ?? NOBODY).join(",");
  const ids = useMemo(() => (text === "" ? NOBODY : text.split(",")), [text]); // the same list as long as it says the same
  const keep = useKeepList();
  const toggle = useCallback(
    (id: string): void => {
      const next = ids.includes(id) ? ids.filter((one) => one !== id) : [...ids, id];
      const kept = keep(next);
      set({ open: kept.text || undefined, openIn: kept.id });
    },
    [ids, keep, set],
  );
  const { sort = "position", ...rest } = asked;
  const combine = useCallback(
    (answers: readonly UseQueryResult<Outputs["runs"]["list"]>[]) =>
      new Map(
        answers.map(({ data, isPending }, index): [string, StudyRuns] => [
          ids[index]!,
          { runs: data?.runs ?? [], isPending, hasMore: data !== undefined && data.nextCursor !== null },
        ]),
      ),
    [ids],
  );
  const open = useQueries({
    queries: ids.map((parent) => ({
      ...queries.runs({ ...rest, sort, parent, limit: MOST_RUNS }),
      throwOnError: false, // a study that was deleted meanwhile is not in the list either
    })),
    combine,
  });
  return { open, toggle };
}
