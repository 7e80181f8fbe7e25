import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { invalidateRuns } from "../../api/actions.ts";
import { api } from "../../api/client.ts";
import { queries } from "../../api/queries.ts";
import { Confirm } from "../../components/confirm.tsx";
import { SkeletonRows } from "../../components/skeleton.tsx";
import { toast } from "../../components/toast.tsx";
import { bytesText, countText } from "../../text/number.ts";

/** Says what a deletion removes before it is confirmed; it can be undone for a while. */
export function DeleteDialog({
  ids,
  onClose,
  onDeleted,
}: {
  ids: string[];
  onClose: () => void;
  onDeleted: () => void;
}) {
  const client = useQueryClient();
  const { data: plan } = useQuery(queries.deletion(ids));
  const restore = useMutation({
    mutationFn: (deleted: string[]) => api.runs.restore.mutate({ ids: deleted }),
    onSuccess: () => toast.done("They are back."),
    onSettled: () => invalidateRuns(client),
  });
  const remove = useMutation({
    mutationFn: () => api.runs.delete.mutate({ ids }),
    onSuccess: () => {
      toast.done(`${countText(ids.length, "run")} deleted; for 7 days the trash has them.`, {
        label: "Undo",
        onClick: () => restore.mutate(ids),
      });
      onDeleted();
    },
    onSettled: () => {
      onClose();
      return invalidateRuns(client);
    },
  });
  return (
    <Confirm
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title={`Delete ${countText(ids.length, "run")}?`}
      description="Nothing is removed yet. With their children and files they go into the trash now, and are removed for good after 7 days:"
      action="Delete"
      danger
      busy={remove.isPending || !plan}
      onConfirm={() => remove.mutate()}
    >
      {plan ? (
        <ul className="list-disc pl-5">
          <li>{countText(plan.runs, "run")}, children counted</li>
          <li>{countText(plan.checkpoints, "checkpoint")}</li>
          <li>{countText(plan.artifacts, "output")}</li>
          <li>{countText(plan.fronts, "front")}</li>
          <li>{countText(plan.metricPoints, "metric point")}</li>
          <li>{bytesText(plan.bytes)} of files that nothing else uses</li>
        </ul>
      ) : (
        <SkeletonRows rows={3} />
      )}
    </Confirm>
  );
}
