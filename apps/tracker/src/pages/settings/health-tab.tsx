import { useQuery } from "@tanstack/react-query";
import { CircleCheck, ServerOff, TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import type { DoctorReport } from "../../api/doctor.ts";
import { queries } from "../../api/queries.ts";
import type { Worker } from "../../api/types.ts";
import { Badge } from "../../components/badge.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Panel } from "../../components/panel.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { Skeleton, SkeletonRows } from "../../components/skeleton.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { WorkerOffer } from "../../components/worker-offer.tsx";
import { bytesText, countText } from "../../text/number.ts";
import { durationText } from "../../text/time.ts";

/** Below this much free disk the page warns. */
const LITTLE_BYTES = 2e9;

interface Check {
  name: string;
  isWell: boolean;
  says: ReactNode;
}

export function HealthTab() {
  const { data: report } = useQuery(queries.doctor());
  const { data: work } = useQuery(queries.workers());
  const workers = work?.workers;
  return (
    <div className="flex flex-col gap-4">
      <Panel title="Server">
        {report && workers ? (
          <ul className="flex flex-col divide-y divide-line">
            {checksOf(report, workers).map(({ name, isWell, says }) => (
              <li key={name} className="grid grid-cols-[auto_8rem_minmax(0,1fr)] items-start gap-3 py-2">
                {isWell ? (
                  <CircleCheck aria-label="well" role="img" className="mt-0.5 size-4 text-good" />
                ) : (
                  <TriangleAlert aria-label="needs attention" role="img" className="mt-0.5 size-4 text-warn" />
                )}
                <span className="font-medium">{name}</span>
                <span className="break-words">{says}</span>
              </li>
            ))}
          </ul>
        ) : (
          <Skeleton className="h-48" />
        )}
        <p className="mt-3 text-muted">
          On the machine itself <code className="font-mono text-xs">uniarm doctor</code> also says which tensor engine
          it uses, and why not the GPU.
        </p>
      </Panel>
      <Panel title="Workers">
        {!workers ? (
          <SkeletonRows rows={2} />
        ) : workers.length === 0 ? (
          <EmptyState icon={ServerOff} title="No worker is connected.">
            What is launched waits. Start one: <code className="font-mono text-xs">uniarm worker</code>
          </EmptyState>
        ) : (
          <Table label="Workers">
            <thead>
              <tr>
                {["Name", "Host", "Version", "Labels", "Slots", "Last heard from", "Since"].map((name) => (
                  <Th key={name}>{name}</Th>
                ))}
              </tr>
            </thead>
            <tbody>
              {workers.map((worker) => (
                <tr key={worker.id}>
                  <Td className="font-medium break-all">
                    {worker.name}
                    <WorkerOffer offer={worker.offer} />
                    {worker.problem !== "" && (
                      <p className="text-xs font-normal break-words text-muted">
                        <Badge tone="warn">takes no runs</Badge> {worker.problem}
                      </p>
                    )}
                  </Td>
                  <Td className="break-all">{worker.host}</Td>
                  <Td>{worker.version}</Td>
                  <Td>
                    <span className="flex flex-wrap gap-1">
                      {worker.labels.map((label) => (
                        <Badge key={label}>{label}</Badge>
                      ))}
                    </span>
                  </Td>
                  <Td className="tabular-nums">{worker.slots}</Td>
                  <Td>
                    <RelativeTime time={worker.seenAt} />
                  </Td>
                  <Td>
                    <RelativeTime time={worker.startedAt} />
                  </Td>
                </tr>
              ))}
            </tbody>
          </Table>
        )}
      </Panel>
    </div>
  );
}

function checksOf(
  { postgres, blobs, queue, memoryBytes, uptimeSeconds }: DoctorReport,
  workers: readonly Worker[],
): Check[] {
  const able = workers.filter(({ problem }) => problem === "").length;
  const unable = workers.length - able;
  return [
    { name: "Database", isWell: true, says: `Postgres ${postgres.version}, ${bytesText(postgres.bytes)}` },
    {
      name: "Disk",
      isWell: blobs.freeBytes === null || blobs.freeBytes > LITTLE_BYTES,
      says: `${blobs.freeBytes === null ? "a bucket" : `${bytesText(blobs.freeBytes)} free`}; ${countText(blobs.count, "file takes", "files take")} ${bytesText(blobs.bytes)}`,
    },
    {
      name: "Queue",
      isWell: queue.queued === 0 || able > 0,
      says: `${queue.queued} queued, ${queue.running} running`,
    },
    {
      name: "Workers",
      isWell: able > 0 && unable === 0,
      says:
        workers.length === 0
          ? "none is connected"
          : `${countText(workers.length, "worker")} connected${unable === 0 ? "" : `, ${unable} of them take no runs: see below`}`,
    },
    { name: "Memory", isWell: true, says: `the server takes ${bytesText(memoryBytes)}` },
    { name: "Uptime", isWell: true, says: durationText(uptimeSeconds * 1000) },
  ];
}
