import { useQuery } from "@tanstack/react-query";
import { LIMITS } from "@uniarm/core/schema";
import { Link } from "@tanstack/react-router";
import { ArrowLeft } from "lucide-react";
import { queries } from "../../api/queries.ts";
import type { FrontsSearch } from "../../app/search.ts";
import { buttonLook } from "../../components/button.tsx";
import { PageTitle } from "../../components/page-title.tsx";
import { ExplorerExports } from "./explorer-exports.tsx";
import { ExplorerSkeleton } from "./explorer-skeleton.tsx";
import { Explorer } from "./explorer.tsx";
import { Refusal } from "./refusal.tsx";

export interface OverlayProps {
  ids: readonly string[];
  search: FrontsSearch;
  onSearch: (changes: Partial<FrontsSearch>) => void;
}

/** Several fronts overlaid, where their protocols allow it. */
export function Overlay({ ids: all, search, onSearch }: OverlayProps) {
  const ids = all.slice(0, LIMITS.overlaid);
  const { data } = useQuery(queries.compareFronts(ids));
  return (
    <>
      <PageTitle
        title={ids.length === 1 ? "Front" : `${ids.length} fronts`}
        actions={
          <>
            <Link
              to="/fronts"
              search={{
                ...search,
                ids: undefined,
                idsIn: undefined,
                front: undefined,
                point: undefined,
                chosen: search.ids,
                chosenIn: search.idsIn,
              }}
              className={buttonLook()}
            >
              <ArrowLeft aria-hidden />
              Choose others
            </Link>
            {data?.comparable === true && <ExplorerExports fronts={data.fronts} search={search} />}
          </>
        }
      >
        {all.length > ids.length && (
          <p role="status" className="mt-1 text-warn">
            {ids.length} of {all.length} chosen fronts are overlaid: choose fewer to see the others.
          </p>
        )}
      </PageTitle>
      {!data ? (
        <ExplorerSkeleton />
      ) : data.comparable ? (
        <Explorer fronts={data.fronts} search={search} onSearch={onSearch} />
      ) : (
        <Refusal fronts={data.fronts} differences={data.differences} />
      )}
    </>
  );
}
