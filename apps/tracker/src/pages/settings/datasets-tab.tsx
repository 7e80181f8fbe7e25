import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Database, Upload } from "lucide-react";
import { useId, useRef, useState } from "react";
import { BASE } from "../../api/base.ts";
import { api } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import type { Outputs } from "../../api/types.ts";
import { rowsOfFile, uploadFile } from "../../api/upload.ts";
import { useProject } from "../../app/project.ts";
import { Button } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { Input } from "../../components/input.tsx";
import { Panel } from "../../components/panel.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { toast } from "../../components/toast.tsx";
import { bytesText, numberText } from "../../text/number.ts";

type Dataset = Outputs["datasets"]["list"]["datasets"][number];

export function DatasetsTab() {
  const { project, exists, isPending } = useProject();
  const { data } = useQuery({ ...queries.datasets(project), enabled: exists });
  const [removing, setRemoving] = useState<Dataset | null>(null);
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: ({ id }: Dataset) => api.datasets.delete.mutate({ id }),
    onSuccess: (_answer, { name }) => toast.done(`The dataset ${name} is removed.`),
    onSettled: () => {
      setRemoving(null);
      return client.invalidateQueries({ queryKey: ["datasets"] });
    },
  });
  const datasets = data?.datasets ?? [];
  return (
    <div className="flex flex-col gap-4">
      <UploadPanel project={project} />
      {isPending || (exists && !data) ? (
        <SkeletonRows rows={3} />
      ) : datasets.length === 0 ? (
        <EmptyState icon={Database} title={`No datasets in ${project}.`}>
          A config reads one as <code className="font-mono text-xs">dataset:NAME</code>.
        </EmptyState>
      ) : (
        <Table label={`Datasets of ${project}`}>
          <thead>
            <tr>
              {["Name", "Rows", "Size", "Files", "Uploaded"].map((name) => (
                <Th key={name}>{name}</Th>
              ))}
              <Th>
                <span className="sr-only">Remove</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {datasets.map((dataset) => (
              <tr key={dataset.id}>
                <Td className="font-medium break-all">{dataset.name}</Td>
                <Td className="tabular-nums">{numberText(dataset.rows)}</Td>
                <Td className="whitespace-nowrap tabular-nums">{bytesText(dataset.size)}</Td>
                <Td>
                  <span className="flex flex-wrap gap-x-3">
                    {dataset.files.map(({ path, sha256 }) => (
                      <a
                        key={path}
                        href={`${BASE}/api/blobs/${sha256}?name=${encodeURIComponent(path.split("/").at(-1) ?? path)}`}
                        className="break-all text-accent underline-offset-2 hover:underline"
                      >
                        {path}
                      </a>
                    ))}
                  </span>
                </Td>
                <Td>
                  <RelativeTime time={dataset.createdAt} />
                </Td>
                <Td className="py-1 text-right">
                  <Button
                    look="danger"
                    size="small"
                    aria-label={`Remove ${dataset.name}`}
                    onClick={() => setRemoving(dataset)}
                  >
                    Remove
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
        title={`Remove ${removing?.name ?? ""}?`}
        description="Runs that read it by its name will not start again."
        action="Remove"
        danger
        busy={remove.isPending}
        onConfirm={() => {
          if (removing) remove.mutate(removing);
        }}
      />
    </div>
  );
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;

function UploadPanel({ project }: { project: string }) {
  const [files, setFiles] = useState<readonly File[]>([]);
  const [name, setName] = useState("");
  const input = useRef<HTMLInputElement>(null);
  const ids = { name: useId(), files: useId() };
  const client = useQueryClient();
  const upload = useMutation({
    mutationFn: async () => {
      const uploaded = [];
      for (const file of files) uploaded.push(await uploadFile(file));
      const [only] = files;
      const rows = files.length === 1 && only ? await rowsOfFile(only) : undefined;
      await api.datasets.create.mutate({ project, name, files: uploaded, ...(rows === undefined ? {} : { rows }) });
    },
    onSuccess: async () => {
      toast.done(`The dataset ${name} is uploaded: configs name it dataset:${name}.`);
      setFiles([]);
      setName("");
      if (input.current) input.current.value = "";
      await Promise.all([["datasets"], ["projects"]].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  const isNamed = NAME.test(name);
  return (
    <Panel title="Upload">
      <form
        className="flex flex-wrap items-end gap-3"
        onSubmit={(event) => {
          event.preventDefault();
          if (isNamed && files.length > 0) upload.mutate();
        }}
      >
        <div className="flex min-w-56 flex-1 flex-col gap-1">
          <label htmlFor={ids.files} className="text-xs font-semibold text-muted">
            Files, JSONL as a rule
          </label>
          <input
            ref={input}
            id={ids.files}
            type="file"
            multiple
            onChange={(event) => {
              const chosen = [...(event.target.files ?? [])];
              setFiles(chosen);
              if (name === "" && chosen[0])
                setName(
                  chosen[0].name
                    .replace(/\.[^.]*$/, "")
                    .replaceAll(/[^A-Za-z0-9._-]/g, "-")
                    .replace(/^[^A-Za-z0-9]+/, ""),
                );
            }}
            className="h-9 rounded-md border border-line-strong bg-surface text-sm file:mr-3 file:h-full file:border-0 file:bg-sunken file:px-3 file:text-ink"
          />
        </div>
        <div className="flex min-w-40 flex-1 flex-col gap-1 sm:max-w-72">
          <label htmlFor={ids.name} className="text-xs font-semibold text-muted">
            Name
          </label>
          <Input
            id={ids.name}
            value={name}
            maxLength={100}
            aria-invalid={name !== "" && !isNamed}
            placeholder="letters, digits, . _ -"
            onChange={(event) => setName(event.target.value)}
          />
        </div>
        <Button type="submit" look="primary" busy={upload.isPending} disabled={!isNamed || files.length === 0}>
          <Upload aria-hidden />
          {upload.isPending ? "Uploading" : "Upload"}
        </Button>
      </form>
    </Panel>
  );
}
