import { Link } from "@tanstack/react-router";
import type { Run } from "../../api/types.ts";
import { Badge } from "../../components/badge.tsx";
import { Duration } from "../../components/duration.tsx";
import { Panel } from "../../components/panel.tsx";
import { Progress } from "../../components/progress.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { RunLink } from "../../components/run-link.tsx";
import { useNow } from "../../components/use-now.ts";
import { bytesText } from "../../text/number.ts";
import { durationText } from "../../text/time.ts";
import { Attempts } from "./attempts.tsx";
import { ChildGraph } from "./child-graph.tsx";
import { comparingRun, MethodsPanel } from "./methods-panel.tsx";
import { ProvenancePanel } from "./provenance-panel.tsx";
import { RunFronts } from "./run-fronts.tsx";
import { busyMs } from "./busy.ts";
import { SweepRuns } from "./sweep-runs.tsx";
import { Tags } from "./tags.tsx";
import { judgingRuns, WinRatesPanel } from "./win-rates-panel.tsx";
import { progressOf } from "./progress-of.ts";
import { SeriesSummary } from "./series-summary.tsx";

export function OverviewTab({ run }: { run: Run }) {
  const methodsOf = comparingRun(run);
  const judged = judgingRuns(run);
  return (
    <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,2fr)_minmax(0,1fr)]">
      {run.children.length > 0 && (
        <div className="min-w-0 xl:col-span-2">
          {run.kind === "sweep" ? <SweepRuns run={run} /> : <ChildGraph nodes={run.children} />}
        </div>
      )}
      <div className="flex min-w-0 flex-col gap-4">
        {run.fronts.length > 0 && <RunFronts run={run} />}
        {methodsOf !== null && <MethodsPanel runId={methodsOf} />}
        {judged.length > 0 && <WinRatesPanel runs={judged} />}
        {run.series.length > 0 && <SeriesSummary run={run} />}
        {(run.attempts.length > 0 || run.children.length === 0) && <Attempts run={run} />}
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        <Facts run={run} />
        <ProvenancePanel run={run} />
        {(run.dependsOn.length > 0 || run.neededBy.length > 0) && <Neighbours run={run} />}
      </div>
    </div>
  );
}

function Facts({ run }: { run: Run }) {
  return (
    <Panel title="About">
      <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 [&_dd]:min-w-0 [&_dd]:break-words [&_dt]:text-muted">
        {run.endedAt === null && (
          <>
            <dt>Progress</dt>
            <dd>
              <Progress progress={progressOf(run)} label="Progress" />
            </dd>
          </>
        )}
        <dt>Created</dt>
        <dd>
          <RelativeTime time={run.createdAt} />
          {run.createdBy !== "" && ` by ${run.createdBy}`}
        </dd>
        <dt>Duration</dt>
        <dd>
          <Duration from={run.startedAt} to={run.endedAt} />
        </dd>
        <Cost run={run} />
        <dt>Project</dt>
        <dd>{run.project.name}</dd>
        {run.group && (
          <>
            <dt>Group</dt>
            <dd>
              <Link
                to="/runs"
                search={{ filter: `group = ${JSON.stringify(run.group.name)}` }}
                className="text-accent hover:underline"
              >
                {run.group.name}
              </Link>
            </dd>
          </>
        )}
        {run.clonedFromId !== null && (
          <>
            <dt>Cloned from</dt>
            <dd>
              <RunLink id={run.clonedFromId} name={run.clonedFromId} />
            </dd>
          </>
        )}
        {run.cachedFromId !== null && (
          <>
            <dt>Outputs of</dt>
            <dd>
              <RunLink id={run.cachedFromId} name={run.cachedFromId} />: the same config and inputs
            </dd>
          </>
        )}
        {run.labels.length > 0 && (
          <>
            <dt>Needs workers with</dt>
            <dd className="flex flex-wrap gap-1">
              {run.labels.map((label) => (
                <Badge key={label}>{label}</Badge>
              ))}
            </dd>
          </>
        )}
        <dt>Slots, priority</dt>
        <dd>
          {run.slots}, {run.priority}
        </dd>
        <dt>Tags</dt>
        <dd>
          <Tags run={run} />
        </dd>
        <dt>Config hash</dt>
        <dd>
          <code className="font-mono text-xs">{run.configHash.slice(0, 12)}</code>
        </dd>
      </dl>
    </Panel>
  );
}

/** What the run cost its workers: all attempts together, lost ones included. */
function Cost({ run }: { run: Run }) {
  const peak = run.series.find(({ key }) => key === "system/peakMemoryMb")?.max;
  const isParent = run.children.length > 0;
  const spans = isParent ? run.children.filter(({ cachedFromId }) => cachedFromId === null) : run.attempts;
  const compute = useNow((now) => durationText(run.slots * busyMs(spans, now)));
  if (spans.length === 0) return null;
  return (
    <>
      <dt>Cost</dt>
      <dd>
        {compute} of a worker&rsquo;s slot
        {run.attempts.length > 1 && <span className="text-muted"> in {run.attempts.length} attempts</span>}
      </dd>
      {peak != null && (
        <>
          <dt>Memory</dt>
          <dd>
            {bytesText(peak * 1e6)} at most{" "}
            <Link
              from="/runs/$id"
              search={(before) => ({ ...before, tab: "metrics" as const, keys: "system/memoryMb,system/cpu" })}
              className="text-accent underline"
            >
              over time
            </Link>
          </dd>
        </>
      )}
    </>
  );
}

function Neighbours({ run }: { run: Run }) {
  return (
    <Panel title="Inputs and who reads it">
      <ul className="flex flex-col gap-1.5">
        {run.dependsOn.map(({ input, position, producerId, output, producer }) => (
          <li key={`${input} ${position}`} className="text-muted">
            {input}: {output} of <RunLink id={producerId} name={producer.name} />
          </li>
        ))}
        {run.neededBy.map(({ input, run: reader }) => (
          <li key={`${reader.id} ${input}`} className="text-muted">
            read by <RunLink id={reader.id} name={reader.name} /> as {input}
          </li>
        ))}
      </ul>
    </Panel>
  );
}
