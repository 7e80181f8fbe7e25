import type { Run } from "../../api/types.ts";
import { Duration } from "../../components/duration.tsx";
import { Panel } from "../../components/panel.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { StateBadge } from "../../components/state-badge.tsx";
import { Table, Td, Th } from "../../components/table.tsx";

/** The processes that worked on it, and how each ended. */
export function Attempts({ run }: { run: Run }) {
  return (
    <Panel title="Attempts">
      {run.attempts.length === 0 ? (
        <p className="text-muted">
          {run.cachedFromId !== null
            ? "None: a run with the same config and inputs had already made its outputs."
            : "None yet: the run starts when its inputs are ready and a worker takes it."}
        </p>
      ) : (
        <Table label="Attempts">
          <thead>
            <tr>
              <Th>No.</Th>
              <Th>End</Th>
              <Th>Began</Th>
              <Th>Took</Th>
              <Th>From</Th>
              <Th>Where</Th>
              <Th>Reason</Th>
            </tr>
          </thead>
          <tbody>
            {run.attempts.map((attempt) => (
              <tr key={attempt.id}>
                <Td className="tabular-nums">{attempt.number}</Td>
                <Td>
                  <StateBadge state={attempt.state} />
                </Td>
                <Td>
                  <RelativeTime time={attempt.startedAt} />
                </Td>
                <Td>
                  <Duration from={attempt.startedAt} to={attempt.endedAt} />
                </Td>
                <Td className="whitespace-nowrap">
                  {attempt.resumedFromStep < 0 ? "the beginning" : `step ${attempt.resumedFromStep}`}
                </Td>
                <Td className="whitespace-nowrap">
                  {attempt.host}
                  {attempt.pid !== null && <span className="text-muted"> pid {attempt.pid}</span>}
                </Td>
                <Td className="min-w-40 whitespace-pre-wrap text-muted">{attempt.reason}</Td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Panel>
  );
}
