import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Box } from "lucide-react";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import type { Outputs } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Input } from "../../components/input.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { toast } from "../../components/toast.tsx";

type Model = Outputs["models"]["list"]["models"][number];

export function ModelsTab() {
  const { data } = useQuery(queries.models());
  const [removing, setRemoving] = useState<Model | null>(null);
  const [name, setName] = useState("");
  const [folder, setFolder] = useState("");
  const client = useQueryClient();
  const again = () => client.invalidateQueries({ queryKey: ["models"] });
  const add = useMutation({
    mutationFn: () => api.models.add.mutate({ name: name.trim(), folder: folder.trim() }),
    onSuccess: async () => {
      toast.done(`${name.trim()} is named.`);
      setName("");
      setFolder("");
      await again();
    },
  });
  const remove = useMutation({
    mutationFn: ({ id }: Model) => api.models.remove.mutate({ id }),
    onSettled: () => {
      setRemoving(null);
      return again();
    },
  });
  const isFull = name.trim() !== "" && folder.trim() !== "";
  return (
    <div className="flex flex-col gap-4">
      <p className="max-w-prose text-muted">
        Base models that workers can open: folders on their machines, each under a name. tiny-world:default and
        tiny-world:quick ship and need none.
      </p>
      <form
        className="flex flex-wrap items-end gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (isFull) add.mutate();
        }}
      >
        <label className="flex min-w-40 flex-1 flex-col gap-1 sm:max-w-60">
          <span className="text-xs font-semibold text-muted">Name</span>
          <Input
            maxLength={100}
            value={name}
            onChange={(event) => setName(event.target.value)}
            placeholder="llama-3-8b"
          />
        </label>
        <label className="flex min-w-60 flex-[2] flex-col gap-1">
          <span className="text-xs font-semibold text-muted">Folder where the workers run</span>
          <Input
            maxLength={1000}
            value={folder}
            onChange={(event) => setFolder(event.target.value)}
            placeholder="/models/llama-3-8b"
            className="font-mono"
          />
        </label>
        <Button type="submit" look="primary" busy={add.isPending} disabled={!isFull}>
          Add
        </Button>
      </form>
      {!data ? (
        <SkeletonRows rows={3} />
      ) : data.models.length === 0 ? (
        <EmptyState icon={Box} title="No models are named." />
      ) : (
        <Table label="Models">
          <thead>
            <tr>
              <Th>Name</Th>
              <Th>Folder</Th>
              <Th>Named</Th>
              <Th>
                <span className="sr-only">Forget</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {data.models.map((model) => (
              <tr key={model.id}>
                <Td className="font-medium break-all">{model.name}</Td>
                <Td>
                  <code className="font-mono text-xs break-all">{model.folder}</code>
                </Td>
                <Td>
                  <RelativeTime time={model.createdAt} />
                </Td>
                <Td className="py-1 text-right">
                  <Button size="small" aria-label={`Forget ${model.name}`} onClick={() => setRemoving(model)}>
                    Forget
                  </Button>
                </Td>
              </tr>
            ))}
          </tbody>
        </Table>
      )}
      <Confirm
        open={removing !== null}
        onOpenChange={() => setRemoving(null)}
        title={`Forget ${removing?.name ?? ""}?`}
        description="Its folder stays as it is; runs that name the folder keep working."
        action="Forget"
        busy={remove.isPending}
        onConfirm={() => {
          if (removing) remove.mutate(removing);
        }}
      />
    </div>
  );
}
