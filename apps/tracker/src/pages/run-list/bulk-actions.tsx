import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Archive, ArchiveRestore, Ban, Tag, Trash2, X } from "lucide-react";
import { useState } from "react";
import { invalidateRuns } from "../../api/actions.ts";
import { api } from "../../api/client.ts";
import { sentenceOf } from "../../api/errors.ts";
import type { RunRow } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Input } from "../../components/input.tsx";
import { toast } from "../../components/toast.tsx";
import { countText } from "../../text/number.ts";
import { CompareLink } from "./compare-link.tsx";
import { DeleteDialog } from "./delete-dialog.tsx";

const LIVE = new Set(["WAITING", "QUEUED", "RUNNING"]);

/** What can be done with all runs that are chosen. */
export function BulkActions({ runs, onClear }: { runs: readonly RunRow[]; onClear: () => void }) {
  const [dialog, setDialog] = useState<"tag" | "delete" | null>(null);
  const client = useQueryClient();
  const each = useMutation({
    mutationFn: async ({
      of,
      change,
    }: {
      of: readonly RunRow[];
      change: (run: RunRow) => Promise<unknown>;
      done: string;
    }) => {
      const ends = await Promise.allSettled(of.map(change));
      return ends.flatMap((end) => (end.status === "rejected" ? [sentenceOf(end.reason)] : []));
    },
    onSuccess: (problems, { of, done }) => {
      const well = of.length - problems.length;
      if (well > 0) toast.done(`${countText(well, "run")} ${done}.`);
      const [first] = problems;
      if (first !== undefined)
        toast.error(problems.length === 1 ? first : `${problems.length} were refused. The first: ${first}`);
    },
    onSettled: () => invalidateRuns(client),
  });
  const live = runs.filter(({ state }) => LIVE.has(state));
  const archived = runs.length > 0 && runs.every(({ archivedAt }) => archivedAt !== null);
  return (
    <div
      role="toolbar"
      aria-label="With the chosen runs"
      className="flex flex-wrap items-center gap-2 rounded-lg border border-accent bg-accent-soft px-3 py-2"
    >
      <span className="mr-2 font-medium tabular-nums">{runs.length} chosen</span>
      <CompareLink ids={runs.map(({ id }) => id)} />
      <Button onClick={() => setDialog("tag")}>
        <Tag aria-hidden />
        Tag
      </Button>
      <Button
        disabled={live.length === 0}
        busy={each.isPending}
        onClick={() =>
          each.mutate({ of: live, change: ({ id }) => api.runs.cancel.mutate({ id }), done: "asked to stop" })
        }
      >
        <Ban aria-hidden />
        Cancel
      </Button>
      <Button
        busy={each.isPending}
        onClick={() =>
          each.mutate({
            of: runs,
            done: archived ? "taken back from the archive" : "archived",
            change: ({ id }) => api.runs.update.mutate({ id, archived: !archived }),
          })
        }
      >
        {archived ? <ArchiveRestore aria-hidden /> : <Archive aria-hidden />}
        {archived ? "Unarchive" : "Archive"}
      </Button>
      <Button look="danger" onClick={() => setDialog("delete")}>
        <Trash2 aria-hidden />
        Delete
      </Button>
      <Button look="ghost" onClick={onClear} className="ml-auto">
        <X aria-hidden />
        Choose none
      </Button>
      <TagDialog
        open={dialog === "tag"}
        onOpenChange={() => setDialog(null)}
        onTags={(added) =>
          each.mutate({
            of: runs,
            done: "tagged",
            change: ({ id }) => api.runs.update.mutate({ id, addTags: added }),
          })
        }
      />
      {dialog === "delete" && (
        <DeleteDialog ids={runs.map(({ id }) => id)} onClose={() => setDialog(null)} onDeleted={onClear} />
      )}
    </div>
  );
}

function TagDialog({
  open,
  onOpenChange,
  onTags,
}: {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  onTags: (tags: string[]) => void;
}) {
  const [text, setText] = useState("");
  const tags = text.split(/[,\s]+/).filter(Boolean);
  return (
    <Dialog
      open={open}
      onOpenChange={onOpenChange}
      title="Add tags"
      description="Several are separated by spaces or commas."
    >
      <form
        className="flex gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (tags.length === 0) return;
          onTags(tags);
          setText("");
          onOpenChange(false);
        }}
      >
        <Input aria-label="Tags" maxLength={500} value={text} onChange={(event) => setText(event.target.value)} />
        <Button type="submit" look="primary" disabled={tags.length === 0}>
          Add
        </Button>
      </form>
    </Dialog>
  );
}
