import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { queries } from "../../api/queries.ts";
import { Panel } from "../../components/panel.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { bytesText, countText } from "../../text/number.ts";

const ORDER = ["RUNNING", "QUEUED", "WAITING", "FAILED", "CANCELLED", "SUCCEEDED"];

export function ProjectsPanel() {
  const { data } = useQuery(queries.projects());
  return (
    <Panel title="Projects">
      {!data ? (
        <SkeletonRows rows={1} />
      ) : data.projects.length === 0 ? (
        <p className="text-muted">The first launch makes one.</p>
      ) : (
        <ul className="divide-y divide-line">
          {data.projects.map(({ id, name, description, runs, bytes }) => (
            <li key={id} className="flex flex-col gap-1.5 py-2 first:pt-0 last:pb-0">
              <div className="flex flex-wrap items-baseline justify-between gap-2">
                <Link to="/runs" search={{ project: name }} className="font-medium text-accent hover:underline">
                  {name}
                </Link>
                <span className="text-muted tabular-nums">
                  {countText(
                    Object.values(runs).reduce((sum, count) => sum + count, 0),
                    "run",
                  )}
                  , {bytesText(bytes)}
                </span>
              </div>
              {description !== "" && <p className="text-muted">{description}</p>}
              <div className="flex flex-wrap gap-2">
                {ORDER.filter((state) => (runs[state] ?? 0) > 0).map((state) => (
                  <span key={state} className="inline-flex items-center gap-1 tabular-nums">
                    <StateBadge state={state} /> {runs[state]}
                  </span>
                ))}
              </div>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
