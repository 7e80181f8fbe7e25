import { useQuery } from "@tanstack/react-query";
import { LIMITS } from "@uniarm/core/schema";
import { queries } from "../../api/queries.ts";
import { countText } from "../../text/number.ts";

/** So many are counted; of more it is said that they are more. */
const COUNTED = 100;

interface Asked {
  project: string;
  filter: string;
  archived: boolean;
}

/** How many runs inside of studies a filter fits, as words; null: none, or they are in the list already. */
export function useNestedRuns({ project, filter, archived }: Asked, isAsked: boolean): string | null {
  const nested = `(${filter}) not parent = none`;
  const { data } = useQuery({
    ...queries.runs({
      project,
      filter: nested,
      limit: COUNTED,
      ...(archived ? { archived: "true" as const } : {}),
    }),
    enabled: isAsked && filter !== "" && nested.length <= LIMITS.filter,
    throwOnError: false, // the list itself says what is wrong with the filter
  });
  if (!isAsked || filter === "" || data === undefined || data.runs.length === 0) return null;
  return data.nextCursor === null ? countText(data.runs.length, "run") : `More than ${countText(COUNTED, "run")}`;
}
