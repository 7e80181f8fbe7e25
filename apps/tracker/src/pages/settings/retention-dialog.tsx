import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api } from "../../api/client.ts";
import { sentenceOf } from "../../api/errors.ts";
import type { Outputs } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Input } from "../../components/input.tsx";
import { toast } from "../../components/toast.tsx";
import { countText } from "../../text/number.ts";

type Project = Outputs["projects"]["list"]["projects"][number];
const FIRST = { keepBest: true, keepLast: 2, keepDays: 30 };

export const retentionText = (retention: Project["retention"]): string =>
  retention === null
    ? "all checkpoints"
    : `the newest ${retention.keepLast} of each run${retention.keepBest ? ", its best" : ""}, and what is younger than ${countText(retention.keepDays, "day")}`;

export function RetentionDialog({ project, onClose }: { project: Project; onClose: () => void }) {
  const [keepsAll, setKeepsAll] = useState(project.retention === null);
  const [policy, setPolicy] = useState(project.retention ?? FIRST);
  const ids = { all: useId(), best: useId(), last: useId(), days: useId() };
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: () => api.projects.update.mutate({ project: project.id, retention: keepsAll ? null : policy }),
    onSuccess: async () => {
      toast.done(`The retention of ${project.name} is changed.`);
      await client.invalidateQueries({ queryKey: ["projects"] });
      onClose();
    },
    meta: { quiet: true },
  });
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={`Retention of ${project.name}`}
      description="Nothing is removed as you save; “What would go?” tells what a clean-up removes."
      actions={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button look="primary" busy={save.isPending} onClick={() => save.mutate()}>
            Save
          </Button>
        </>
      }
    >
      <div className="flex flex-col gap-3">
        <div className="flex items-center gap-2">
          <Checkbox id={ids.all} checked={keepsAll} onChange={setKeepsAll} />
          <label htmlFor={ids.all}>Keep all checkpoints</label>
        </div>
        {!keepsAll && (
          <>
            <div className="flex flex-col gap-1">
              <label htmlFor={ids.last} className="font-medium">
                Newest checkpoints of each run
              </label>
              <Input
                id={ids.last}
                type="number"
                min={1}
                max={1000}
                step={1}
                value={policy.keepLast}
                onChange={({ target }) => {
                  if (target.valueAsNumber >= 1) setPolicy({ ...policy, keepLast: Math.round(target.valueAsNumber) });
                }}
              />
            </div>
            <div className="flex flex-col gap-1">
              <label htmlFor={ids.days} className="font-medium">
                Keep those younger than (days)
              </label>
              <Input
                id={ids.days}
                type="number"
                min={0}
                max={3650}
                step={1}
                value={policy.keepDays}
                onChange={({ target }) => {
                  if (target.valueAsNumber >= 0) setPolicy({ ...policy, keepDays: target.valueAsNumber });
                }}
              />
            </div>
            <div className="flex items-center gap-2">
              <Checkbox
                id={ids.best}
                checked={policy.keepBest}
                onChange={(keepBest) => setPolicy({ ...policy, keepBest })}
              />
              <label htmlFor={ids.best}>The best of each run stays</label>
            </div>
          </>
        )}
        {save.error && (
          <p role="alert" className="text-bad">
            {sentenceOf(save.error)}
          </p>
        )}
      </div>
    </Dialog>
  );
}
