import { isRecorded } from "@uniarm/pipeline/schema";
import { Link, useNavigate } from "@tanstack/react-router";
import { Archive, Ban, CopyPlus, Ellipsis, GitCompareArrows, Pencil, Play, RotateCcw, Trash2 } from "lucide-react";
import { useState } from "react";
import { useRunAction, useUpdateRun } from "../../api/actions.ts";
import type { Run } from "../../api/types.ts";
import { Button, buttonLook } from "../../components/button.tsx";
import { Confirm } from "../../components/confirm.tsx";
import { Menu } from "../../components/menu.tsx";
import { RenameDialog } from "./rename-dialog.tsx";
import { DeleteDialog } from "../run-list/delete-dialog.tsx";

const LIVE = new Set(["WAITING", "QUEUED", "RUNNING"]);

export function RunActions({ run }: { run: Run }) {
  const action = useRunAction(run.id);
  const update = useUpdateRun(run.id);
  const navigate = useNavigate();
  const [dialog, setDialog] = useState<"retry" | "delete" | "rename" | null>(null);
  const isLive = LIVE.has(run.state);
  const isRecord = isRecorded(run.kind);
  const canGoOn = !isRecord && (run.state === "FAILED" || run.state === "CANCELLED");
  return (
    <>
      {isLive && !isRecord && (
        <Button
          look="danger"
          busy={action.isPending}
          disabled={run.desiredState === "CANCEL"}
          onClick={() => action.mutate("cancel")}
        >
          <Ban aria-hidden />
          Cancel
        </Button>
      )}
      {canGoOn && (
        <>
          <Button look="primary" busy={action.isPending} onClick={() => action.mutate("resume")}>
            <Play aria-hidden />
            Resume
          </Button>
          <Button busy={action.isPending} onClick={() => setDialog("retry")}>
            <RotateCcw aria-hidden />
            Start over
          </Button>
        </>
      )}
      {!isRecord && (
        <Link to="/launch" search={{ clone: run.id }} className={buttonLook("plain")}>
          <CopyPlus aria-hidden />
          Clone
        </Link>
      )}
      <Menu
        label="More"
        items={[
          {
            label: "Compare with others",
            icon: <GitCompareArrows aria-hidden />,
            onSelect: () => void navigate({ to: "/compare", search: { runs: run.id } }),
          },
          { label: "Rename", icon: <Pencil aria-hidden />, onSelect: () => setDialog("rename") },
          {
            label: run.archivedAt === null ? "Archive" : "Unarchive",
            icon: <Archive aria-hidden />,
            onSelect: () => update.mutate({ archived: run.archivedAt === null }),
          },
          {
            label: "Delete",
            icon: <Trash2 aria-hidden />,
            danger: true,
            disabled: isLive,
            onSelect: () => setDialog("delete"),
          },
        ]}
      >
        <Button size="icon" aria-label="More">
          <Ellipsis aria-hidden />
        </Button>
      </Menu>
      <Confirm
        open={dialog === "retry"}
        onOpenChange={() => setDialog(null)}
        title="Start over?"
        description="The run starts again from nothing. To continue from its last checkpoint, resume it instead."
        action="Start over"
        danger
        onConfirm={() => {
          setDialog(null);
          action.mutate("retry");
        }}
      />
      {dialog === "rename" && (
        <RenameDialog
          name={run.name}
          onClose={() => setDialog(null)}
          onName={(name) => {
            setDialog(null);
            update.mutate({ name, before: { name: run.name } });
          }}
        />
      )}
      {dialog === "delete" && (
        <DeleteDialog ids={[run.id]} onClose={() => setDialog(null)} onDeleted={() => void navigate({ to: "/runs" })} />
      )}
    </>
  );
}
