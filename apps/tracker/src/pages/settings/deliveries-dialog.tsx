import { useQuery } from "@tanstack/react-query";
import { queries } from "../../api/queries.ts";
import { Badge, type Tone } from "../../components/badge.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { RunLink } from "../../components/run-link.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { countText } from "../../text/number.ts";
import type { Webhook } from "./webhook-words.ts";

const STATES: Record<"WAITING" | "DELIVERED" | "GIVEN_UP", { tone: Tone; says: string }> = {
  WAITING: { tone: "warn", says: "waits" },
  DELIVERED: { tone: "good", says: "taken" },
  GIVEN_UP: { tone: "bad", says: "given up" },
};

/** What a webhook was sent, or is to be. */
export function DeliveriesDialog({ webhook, onClose }: { webhook: Webhook; onClose: () => void }) {
  const { data } = useQuery(queries.deliveries(webhook.id));
  return (
    <Dialog
      open
      wide
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Deliveries"
      description={`What ${new URL(webhook.url).host} was sent within 30 days, the newest first.`}
    >
      {!data ? (
        <SkeletonRows />
      ) : data.length === 0 ? (
        <p className="text-muted">Nothing yet.</p>
      ) : (
        <Table label="Deliveries">
          <thead>
            <tr>
              {["When", "Event", "Run", "State", "Next try"].map((name) => (
                <Th key={name}>{name}</Th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.map(({ id, createdAt, event, runId, state, tries, problem, nextAt }) => (
              <tr key={id}>
                <Td>
                  <RelativeTime time={createdAt} />
                </Td>
                <Td>{event}</Td>
                <Td>{runId === null ? "" : <RunLink id={runId} name={runId} className="font-mono text-xs" />}</Td>
                <Td className="min-w-44">
                  <Badge tone={STATES[state].tone}>{STATES[state].says}</Badge>{" "}
                  <span className="text-muted">
                    {[tries > 1 ? `after ${countText(tries, "try", "tries")}` : "", problem].filter(Boolean).join(": ")}
                  </span>
                </Td>
                <Td>{state === "WAITING" && <RelativeTime time={nextAt} />}</Td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
    </Dialog>
  );
}
