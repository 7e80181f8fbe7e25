import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { queries } from "../../api/queries.ts";
import type { Inputs } from "../../api/types.ts";
import { Duration } from "../../components/duration.tsx";
import { Panel } from "../../components/panel.tsx";
import { Progress } from "../../components/progress.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { RunLink } from "../../components/run-link.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { StateBadge } from "../../components/state-badge.tsx";

/** A short list of runs. */
export function RunsPanel({ title, none, input }: { title: string; none: string; input: Inputs["runs"]["list"] }) {
  const { data } = useQuery(queries.runs(input));
  return (
    <Panel
      title={title}
      aside={
        data?.nextCursor != null && (
          <Link to="/runs" search={{ filter: input.filter, sort: input.sort }} className="text-accent hover:underline">
            All<span className="sr-only"> of: {title}</span>
          </Link>
        )
      }
    >
      {!data ? (
        <SkeletonRows rows={2} />
      ) : data.runs.length === 0 ? (
        <p className="text-muted">{none}</p>
      ) : (
        <ul className="-my-1 divide-y divide-line">
          {data.runs.map((run) => (
            <li
              key={run.id}
              className="grid grid-cols-[minmax(0,1fr)_auto] items-center gap-x-4 gap-y-1 py-2 md:grid-cols-[minmax(0,1fr)_12rem_7rem_6rem]"
            >
              <span className="flex min-w-0 items-baseline gap-2">
                <RunLink id={run.id} name={run.name} className="truncate" />
                <span className="shrink-0 text-xs text-muted">{run.kind}</span>
              </span>
              <span className="max-md:order-3 max-md:col-span-2">
                {run.state === "RUNNING" ? (
                  <Progress progress={run.progress} label={`Progress of ${run.name}`} />
                ) : (
                  <span className="block truncate text-muted" title={run.reason}>
                    {run.reason}
                  </span>
                )}
              </span>
              <span className="flex justify-self-start max-md:justify-self-end">
                <StateBadge state={run.state} stopping={run.state === "RUNNING" && run.desiredState === "CANCEL"} />
              </span>
              <span className="justify-self-end text-muted max-md:hidden">
                {run.endedAt === null ? (
                  <Duration from={run.startedAt ?? run.createdAt} to={null} />
                ) : (
                  <RelativeTime time={run.endedAt} />
                )}
              </span>
            </li>
          ))}
        </ul>
      )}
    </Panel>
  );
}
