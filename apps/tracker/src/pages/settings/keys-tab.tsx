import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { KeyRound, Plus } from "lucide-react";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import type { Outputs } from "../../api/types.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { toast } from "../../components/toast.tsx";
import { exactTime } from "../../text/time.ts";
import { NewKeyDialog } from "./new-key-dialog.tsx";

type Key = Outputs["keys"]["list"]["keys"][number];

export function KeysTab() {
  const { data } = useQuery(queries.keys());
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<Key | null>(null);
  const client = useQueryClient();
  const revoke = useMutation({
    mutationFn: ({ id }: Key) => api.keys.revoke.mutate({ id }),
    onSuccess: (_answer, { name }) => toast.done(`The key ${name} no longer works.`),
    onSettled: () => {
      setRevoking(null);
      return client.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-prose text-muted">
          Programs, workers and people come in with a key: read looks, write launches and changes, admin also makes
          keys. Only its hash is stored.
        </p>
        <Button look="primary" onClick={() => setMaking(true)}>
          <Plus aria-hidden />
          New key
        </Button>
      </div>
      {!data ? (
        <SkeletonRows />
      ) : data.keys.length === 0 ? (
        <EmptyState icon={KeyRound} title="No keys yet.">
          This server trusts whoever reaches it. Make a key before others can.
        </EmptyState>
      ) : (
        <Table label="Keys">
          <thead>
            <tr>
              {["Name", "Begins with", "Scopes", "State", "Last used", "Made"].map((name) => (
                <Th key={name}>{name}</Th>
              ))}
              <Th>
                <span className="sr-only">Revoke</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {data.keys.map((key) => (
              <tr key={key.id}>
                <Td className="min-w-36 font-medium wrap-anywhere">{key.name}</Td>
                <Td>
                  <code className="font-mono text-xs">{key.prefix}…</code>
                </Td>
                <Td>{key.scopes.join(", ")}</Td>
                <Td>
                  <KeyState of={key} />
                </Td>
                <Td>
                  <RelativeTime time={key.lastUsedAt} />
                </Td>
                <Td>
                  <RelativeTime time={key.createdAt} />
                </Td>
                <Td className="py-1 text-right">
                  {key.revokedAt === null && (
                    <Button
                      look="danger"
                      size="small"
                      aria-label={`Revoke ${key.name}`}
                      onClick={() => setRevoking(key)}
                    >
                      Revoke
                    </Button>
                  )}
                </Td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {making && <NewKeyDialog onClose={() => setMaking(false)} />}
      <Confirm
        open={revoking !== null}
        onOpenChange={() => setRevoking(null)}
        title={`Revoke ${revoking?.name ?? ""}?`}
        description={
          revoking?.isServers
            ? "It is the key of the server's own worker and command line: the server makes them another at once, and their runs go on. Whoever else uses it is refused from then on, and its logins end. This cannot be undone."
            : "Whoever uses it is refused from then on, and its logins end. This cannot be undone."
        }
        action="Revoke"
        danger
        busy={revoke.isPending}
        onConfirm={() => {
          if (revoking) revoke.mutate(revoking);
        }}
      />
    </div>
  );
}

function KeyState({ of: { revokedAt, expiresAt } }: { of: Key }) {
  const [now] = useState(() => Date.now());
  if (revokedAt !== null) return <Badge tone="idle">revoked</Badge>;
  if (expiresAt === null) return <Badge tone="good">valid</Badge>;
  const isOver = Date.parse(expiresAt) <= now;
  return (
    <span className="inline-flex flex-wrap items-center gap-1.5">
      <Badge tone={isOver ? "bad" : "good"}>{isOver ? "expired" : "valid"}</Badge>
      <span className="text-xs text-muted" title={exactTime(expiresAt)}>
        until {new Date(expiresAt).toLocaleDateString()}
      </span>
    </span>
  );
}
