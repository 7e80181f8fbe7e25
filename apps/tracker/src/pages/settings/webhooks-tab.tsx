import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Plus, Webhook as WebhookIcon } from "lucide-react";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import { useProject } from "../../app/project.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { toast } from "../../components/toast.tsx";
import { DeliveriesDialog } from "./deliveries-dialog.tsx";
import { NewWebhookDialog } from "./new-webhook-dialog.tsx";
import { WORDS, type Webhook } from "./webhook-words.ts";

/** Addresses that are told what happens to the runs of the project. */
export function WebhooksTab() {
  const { project, exists, isPending } = useProject();
  const { data } = useQuery({ ...queries.webhooks(project), enabled: exists });
  const [dialog, setDialog] = useState<{ type: "new" } | { type: "log" | "remove"; webhook: Webhook } | null>(null);
  const client = useQueryClient();
  const refresh = () => client.invalidateQueries({ queryKey: ["webhooks"] });
  const test = useMutation({
    mutationFn: ({ id }: Webhook) => api.webhooks.test.mutate({ id }),
    onSuccess: ({ status, problem }, { url }) =>
      problem === null
        ? toast.done(`${hostOf(url)} took the test, with ${status}.`)
        : toast.error(`${hostOf(url)} did not take the test: ${problem}`),
    onSettled: refresh,
  });
  const remove = useMutation({
    mutationFn: ({ id }: Webhook) => api.webhooks.remove.mutate({ id }),
    onSettled: () => {
      setDialog(null);
      return refresh();
    },
  });
  const isLoading = isPending || (exists && !data);
  const webhooks = data ?? [];
  return (
    <div className="flex flex-col gap-4">
      <div className="flex flex-wrap items-center justify-between gap-3">
        <p className="max-w-prose text-muted">
          Addresses that are told when runs of {project} fail, stall or end. What is not taken is sent again for some
          hours; a signature shows that it is from here.
        </p>
        <Button look="primary" disabled={!exists} onClick={() => setDialog({ type: "new" })}>
          <Plus aria-hidden />
          New webhook
        </Button>
      </div>
      {isLoading ? (
        <SkeletonRows />
      ) : webhooks.length === 0 ? (
        <EmptyState icon={WebhookIcon} title="No webhooks yet.">
          Add the address of a chat, a pager or a script.
        </EmptyState>
      ) : (
        <Table label="Webhooks">
          <thead>
            <tr>
              {["Address", "Told when runs", "State"].map((name) => (
                <Th key={name}>{name}</Th>
              ))}
              <Th>
                <span className="sr-only">Test, log, remove</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {webhooks.map((webhook) => (
              <tr key={webhook.id}>
                <Td className="min-w-48 font-mono text-xs wrap-anywhere">{webhook.url}</Td>
                <Td className="min-w-36">
                  {webhook.events.map((event) => WORDS[event]).join(", ")}
                  {webhook.inside && <span className="text-muted">, inside of studies too</span>}
                </Td>
                <Td>
                  <WebhookState of={webhook} />
                </Td>
                <Td className="py-1">
                  <span className="flex justify-end gap-2">
                    <Button
                      size="small"
                      aria-label={`Test ${webhook.url}`}
                      busy={test.isPending && test.variables.id === webhook.id}
                      onClick={() => test.mutate(webhook)}
                    >
                      Test
                    </Button>
                    <Button
                      size="small"
                      aria-label={`Log of ${webhook.url}`}
                      onClick={() => setDialog({ type: "log", webhook })}
                    >
                      Log
                    </Button>
                    <Button
                      size="small"
                      look="danger"
                      aria-label={`Remove ${webhook.url}`}
                      onClick={() => setDialog({ type: "remove", webhook })}
                    >
                      Remove
                    </Button>
                  </span>
                </Td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      {dialog?.type === "new" && <NewWebhookDialog project={project} onClose={() => setDialog(null)} />}
      {dialog?.type === "log" && <DeliveriesDialog webhook={dialog.webhook} onClose={() => setDialog(null)} />}
      {dialog?.type === "remove" && (
        <Confirm
          open
          onOpenChange={() => setDialog(null)}
          title="Remove the webhook?"
          description="Nothing is sent there any more, and the log of its deliveries goes with it. Added anew it has another secret."
          action="Remove"
          danger
          busy={remove.isPending}
          onConfirm={() => remove.mutate(dialog.webhook)}
        />
      )}
    </div>
  );
}

const hostOf = (url: string): string => new URL(url).host;

function WebhookState({ of: { waiting, givenUp } }: { of: Webhook }) {
  if (waiting > 0) return <Badge tone="warn">{waiting} not taken yet</Badge>;
  if (givenUp > 0) return <Badge tone="bad">{givenUp} given up</Badge>;
  return <Badge tone="good">nothing is left</Badge>;
}
