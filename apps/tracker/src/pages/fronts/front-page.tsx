import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Layers2 } from "lucide-react";
import { useMemo } from "react";
import { queries } from "../../api/queries.ts";
import { buttonLook } from "../../components/button.tsx";
import { PageTitle } from "../../components/page-title.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { RunLink } from "../../components/run-link.tsx";
import { ExplorerExports } from "./explorer-exports.tsx";
import { Explorer } from "./explorer.tsx";
import { ExplorerSkeleton } from "./explorer-skeleton.tsx";

export function FrontPage() {
  const { id } = useParams({ from: "/shell/fronts/$id" });
  const search = useSearch({ from: "/shell/fronts/$id" });
  const navigate = useNavigate({ from: "/fronts/$id" });
  const { data: front } = useQuery(queries.front(id));
  const fronts = useMemo(() => (front ? [front] : []), [front]);
  return (
    <>
      <PageTitle
        title={front ? `Front ${front.name}` : "Front"}
        actions={
          front && (
            <>
              <Link to="/fronts" search={{ protocol: front.protocolHash, chosen: id }} className={buttonLook()}>
                <Layers2 aria-hidden />
                Overlay others
              </Link>
              <ExplorerExports fronts={fronts} search={search} />
            </>
          )
        }
      >
        {front && (
          <p className="text-muted">
            of <RunLink id={front.run.id} name={front.run.name} />, stored <RelativeTime time={front.createdAt} />
          </p>
        )}
      </PageTitle>
      {front ? (
        <Explorer
          fronts={fronts}
          search={search}
          onSearch={(changes) =>
            void navigate({ search: (before) => ({ ...before, ...changes }), resetScroll: false, replace: true })
          }
        />
      ) : (
        <ExplorerSkeleton />
      )}
    </>
  );
}
