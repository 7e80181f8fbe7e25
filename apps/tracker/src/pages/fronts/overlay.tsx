import { useQuery } from "@tanstack/react-query";
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
export function Overlay({ ids, search, onSearch }: OverlayProps) {
  const { data } = useQuery(queries.compareFronts(ids));
  return (
    <>
      <PageTitle
        title={ids.length === 1 ? "Front" : `${ids.length} fronts`}
        actions={
          <>
            <Link
              to="/fronts"
              search={{ ...search, ids: undefined, front: undefined, point: undefined, chosen: ids.join(",") }}
              className={buttonLook()}
            >
              <ArrowLeft aria-hidden />
              Choose others
            </Link>
            {data?.comparable === true && <ExplorerExports fronts={data.fronts} search={search} />}
          </>
        }
      />
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
