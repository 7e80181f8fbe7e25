import { useQuery } from "@tanstack/react-query";
import { queries } from "../../api/queries.ts";
import { Panel } from "../../components/panel.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { bytesText, countText } from "../../text/number.ts";
import { durationText } from "../../text/time.ts";

/** Below it a checkpoint of a larger model may no longer fit. */
const LITTLE_BYTES = 5e9;

export function DiskPanel() {
  const { data } = useQuery(queries.doctor());
  return (
    <Panel title="Server">
      {!data ? (
        <SkeletonRows rows={3} />
      ) : (
        <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-4 gap-y-1.5 [&_dd]:text-right [&_dd]:tabular-nums [&_dt]:text-muted">
          <dt>Files</dt>
          <dd>
            {bytesText(data.blobs.bytes)} in {countText(data.blobs.count, "file")}
          </dd>
          {data.blobs.freeBytes !== null && (
            <>
              <dt>Disk left</dt>
              <dd className={data.blobs.freeBytes < LITTLE_BYTES ? "font-semibold text-bad" : ""}>
                {bytesText(data.blobs.freeBytes)}
                {data.blobs.freeBytes < LITTLE_BYTES && " – little"}
              </dd>
            </>
          )}
          <dt>Database</dt>
          <dd>
            {bytesText(data.postgres.bytes)}, PostgreSQL {data.postgres.version}
          </dd>
          <dt>Runs, all projects</dt>
          <dd>
            {data.queue.running} running, {data.queue.queued} queued
          </dd>
          <dt>Up for</dt>
          <dd>{durationText(data.uptimeSeconds * 1000)}</dd>
        </dl>
      )}
    </Panel>
  );
}
