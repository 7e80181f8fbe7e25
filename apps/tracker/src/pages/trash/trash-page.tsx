import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Trash2, Undo2 } from "lucide-react";
import { invalidateRuns } from "../../api/actions.ts";
import { api } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import type { Outputs } from "../../api/types.ts";
import { useProject } from "../../app/project.ts";
import { Button, buttonLook } from "../../components/button.tsx";
import { EmptyState } from "../../components/empty-state.tsx";
import { PageTitle } from "../../components/page-title.tsx";
import { RelativeTime } from "../../components/relative-time.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { Table, Td, Th } from "../../components/table.tsx";
import { toast } from "../../components/toast.tsx";
import { countText } from "../../text/number.ts";

type Deleted = Outputs["runs"]["trash"]["runs"][number];

/** Deleted runs of the project, until they go for good. */
export function TrashPage() {
  const { project, exists, isPending } = useProject();
  const { data } = useQuery({ ...queries.trash(project), enabled: exists });
  const isLoading = isPending || (exists && !data);
  const runs = data?.runs ?? [];
  return (
    <>
      <PageTitle
        title="Trash"
        actions={
          <Link to="/runs" className={buttonLook("plain")}>
            To the runs
          </Link>
        }
      >
        <p className="mt-1 max-w-prose text-muted">
          Deleted runs can be brought back until the time that stands beside them. The server then removes them within
          an hour, with their metrics, and files that nothing else uses.
        </p>
      </PageTitle>
      {isLoading ? (
        <SkeletonRows rows={6} />
      ) : runs.length === 0 ? (
        <EmptyState icon={Trash2} title="The trash is empty.">
          Runs of this project that are deleted appear here.
        </EmptyState>
      ) : (
        <DeletedTable runs={runs} />
      )}
    </>
  );
}

function DeletedTable({ runs }: { runs: readonly Deleted[] }) {
  const client = useQueryClient();
  const restore = useMutation({
    mutationFn: ({ id }: Deleted) => api.runs.restore.mutate({ ids: [id] }),
    onSuccess: (_answer, { name }) => toast.done(`${name} is back.`),
    onSettled: () => invalidateRuns(client),
  });
  return (
    <Table label="Deleted runs">
      <thead>
        <tr>
          {["Name", "Kind", "State", "Deleted", "Goes for good"].map((name) => (
            <Th key={name}>{name}</Th>
          ))}
          <Th>
            <span className="sr-only">Restore</span>
          </Th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id}>
            <Td className="min-w-36 wrap-anywhere">
              <span className="font-medium">{run.name}</span>
              {run.inside > 0 && <span className="text-muted"> with {countText(run.inside, "run")} inside</span>}
              {run.parent !== null && <span className="text-muted"> of {run.parent}</span>}
            </Td>
            <Td>{run.kind}</Td>
            <Td>{run.state.toLowerCase()}</Td>
            <Td>
              <RelativeTime time={run.deletedAt} />
            </Td>
            <Td>
              <RelativeTime time={run.purgedAfter} />
            </Td>
            <Td className="py-1 text-right">
              <Button
                size="small"
                aria-label={`Restore ${run.name}`}
                busy={restore.isPending && restore.variables.id === run.id}
                onClick={() => restore.mutate(run)}
              >
                <Undo2 aria-hidden />
                Restore
              </Button>
            </Td>
          </tr>
        ))}
      </tbody>
    </Table>
  );
}
