import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import type { Outputs } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Panel } from "../../components/panel.tsx";
import { Skeleton } from "../../components/skeleton.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { toast } from "../../components/toast.tsx";
import { bytesText, countText } from "../../text/number.ts";
import { RetentionDialog, retentionText } from "./retention-dialog.tsx";

type Project = Outputs["projects"]["list"]["projects"][number];
type Cleaned = Outputs["system"]["clean"];

export function StorageTab() {
  return (
    <div className="flex flex-col gap-4">
      <StorePanel />
      <RetentionPanel />
      <CleanPanel />
    </div>
  );
}

function StorePanel() {
  const { data } = useQuery(queries.doctor());
  const figures = data && [
    { name: "Files", value: bytesText(data.blobs.bytes), note: countText(data.blobs.count, "file") },
    ...(data.blobs.freeBytes === null
      ? []
      : [{ name: "Free on the disk", value: bytesText(data.blobs.freeBytes), note: "where the files lie" }]),
    { name: "Database", value: bytesText(data.postgres.bytes), note: `Postgres ${data.postgres.version}` },
  ];
  return (
    <Panel title="Disk">
      {figures ? (
        <dl className="grid gap-4 sm:grid-cols-3">
          {figures.map(({ name, value, note }) => (
            <div key={name}>
              <dt className="text-xs font-semibold text-muted">{name}</dt>
              <dd className="text-lg font-semibold tabular-nums">{value}</dd>
              <dd className="text-xs text-muted">{note}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <Skeleton className="h-16" />
      )}
    </Panel>
  );
}

function RetentionPanel() {
  const { data } = useQuery(queries.projects());
  const [changing, setChanging] = useState<Project | null>(null);
  return (
    <Panel title="Retention">
      <p className="mb-3 max-w-prose text-muted">
        Which checkpoints of ended runs stay. Those that are marked as kept stay whatever it says; so do metrics, logs
        and fronts.
      </p>
      {data ? (
        <Table label="Retention of the projects">
          <thead>
            <tr>
              <Th>Project</Th>
              <Th>Files</Th>
              <Th>What stays</Th>
              <Th>
                <span className="sr-only">Change</span>
              </Th>
            </tr>
          </thead>
          <tbody>
            {data.projects.map((project) => (
              <tr key={project.id}>
                <Td className="font-medium break-all">{project.name}</Td>
                <Td className="whitespace-nowrap tabular-nums">{bytesText(project.bytes)}</Td>
                <Td>{retentionText(project.retention)}</Td>
                <Td className="py-1 text-right">
                  <Button
                    size="small"
                    aria-label={`Change the retention of ${project.name}`}
                    onClick={() => setChanging(project)}
                  >
                    Change
                  </Button>
                </Td>
              </tr>
            ))}
          </tbody>
        </Table>
      ) : (
        <Skeleton className="h-24" />
      )}
      {changing && <RetentionDialog project={changing} onClose={() => setChanging(null)} />}
    </Panel>
  );
}

/** First what would be removed, then the removal. */
function CleanPanel() {
  const { data: me } = useQuery(queries.me());
  const client = useQueryClient();
  const plan = useMutation({ mutationFn: () => api.system.clean.mutate({ dryRun: true }) });
  const clean = useMutation({
    mutationFn: () => api.system.clean.mutate({ dryRun: false }),
    onSuccess: async (gone) => {
      toast.done(`Removed: ${cleanedText(gone)}.`);
      plan.reset();
      await Promise.all([["doctor"], ["projects"], ["run"]].map((queryKey) => client.invalidateQueries({ queryKey })));
    },
  });
  if (me && !me.scopes.includes("admin")) return null;
  return (
    <Panel title="Clean up">
      <p className="mb-3 max-w-prose text-muted">
        Applies the retention and removes files that nothing refers to any more. The server does it by itself now and
        then.
      </p>
      <div className="flex flex-wrap items-center gap-3">
        <Button busy={plan.isPending} onClick={() => plan.mutate()}>
          What would go?
        </Button>
        {plan.data && (
          <>
            <p role="status" className="tabular-nums">
              {cleanedText(plan.data)}
            </p>
            {plan.data.checkpoints + plan.data.blobs > 0 && (
              <Button look="danger" busy={clean.isPending} onClick={() => clean.mutate()}>
                Remove them
              </Button>
            )}
          </>
        )}
      </div>
    </Panel>
  );
}

const cleanedText = ({ checkpoints, blobs, bytes }: Cleaned): string =>
  `${countText(checkpoints, "checkpoint")}, ${countText(blobs, "file")}, ${bytesText(bytes)}`;
