import { useQuery } from "@tanstack/react-query";
import { queries } from "../../api/queries.ts";
import type { Worker } from "../../api/types.ts";
import { Badge } from "../../components/badge.tsx";
import { Panel } from "../../components/panel.tsx";
import { RunLink } from "../../components/run-link.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { WorkerOffer } from "../../components/worker-offer.tsx";

export function WorkersPanel() {
  const { data } = useQuery(queries.workers());
  return (
    <Panel title="Workers">
      {!data ? (
        <SkeletonRows rows={2} />
      ) : data.workers.length === 0 ? (
        <p className="text-muted">
          None was heard of within the last minute: what is launched waits. Start one:{" "}
          <code className="font-mono">uniarm worker</code>
        </p>
      ) : (
        <ul className="divide-y divide-line">
          {data.workers.map((worker) => (
            <WorkerRow key={worker.id} worker={worker} />
          ))}
        </ul>
      )}
    </Panel>
  );
}

function WorkerRow({ worker: { name, host, labels, slots, running, drainingAt, problem, offer } }: { worker: Worker }) {
  const used = running.reduce((sum, run) => sum + run.slots, 0);
  return (
    <li className="flex flex-col gap-1.5 py-2 first:pt-0 last:pb-0">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <span className="min-w-0">
          <span className="font-medium break-words">{name}</span>
          {host !== name && <span className="text-muted"> on {host}</span>}
        </span>
        <span className="text-muted tabular-nums">
          {used} of {slots} {slots === 1 ? "slot" : "slots"} taken
        </span>
      </div>
      {(labels.length > 0 || drainingAt !== null) && (
        <div className="flex flex-wrap gap-1">
          {drainingAt !== null && <Badge tone="warn">stopping</Badge>}
          {labels.map((label) => (
            <Badge key={label}>{label}</Badge>
          ))}
        </div>
      )}
      <WorkerOffer offer={offer} />
      {problem !== "" && (
        <p className="flex items-baseline gap-2 text-xs">
          <Badge tone="warn">takes no runs</Badge>
          <span className="min-w-0 break-words">{problem}</span>
        </p>
      )}
      {running.map((run) => (
        <div key={run.id} className="flex min-w-0 items-baseline gap-2">
          <RunLink id={run.id} name={run.name} className="truncate" />
          <span className="text-xs text-muted">{run.kind}</span>
        </div>
      ))}
    </li>
  );
}
