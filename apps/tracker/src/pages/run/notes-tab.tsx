import { Pencil } from "lucide-react";
import { useState } from "react";
import { useUpdateRun } from "../../api/actions.ts";
import type { Run } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { TextArea } from "../../components/input.tsx";
import { Panel } from "../../components/panel.tsx";
import { Markdown } from "../../text/markdown.tsx";

export function NotesTab({ run }: { run: Run }) {
  const [draft, setDraft] = useState<string | null>(null);
  const update = useUpdateRun(run.id);
  if (draft !== null)
    return (
      <form
        className="grid gap-4 lg:grid-cols-2"
        onSubmit={(event) => {
          event.preventDefault();
          update.mutate({ notes: draft }, { onSuccess: () => setDraft(null) });
        }}
      >
        <div className="flex flex-col gap-2">
          <label htmlFor="notes" className="font-medium">
            Notes, in Markdown
          </label>
          <TextArea
            id="notes"
            autoFocus
            rows={16}
            maxLength={100_000}
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
            className="font-mono"
          />
          <div className="flex gap-2">
            <Button type="submit" look="primary" busy={update.isPending}>
              Save
            </Button>
            <Button onClick={() => setDraft(null)}>Leave as it was</Button>
          </div>
        </div>
        <Panel title="As it will look">
          <Markdown text={draft} />
        </Panel>
      </form>
    );
  return (
    <Panel
      title="Notes"
      aside={
        <Button size="small" onClick={() => setDraft(run.notes)}>
          <Pencil aria-hidden />
          {run.notes === "" ? "Write" : "Change"}
        </Button>
      }
    >
      {run.notes === "" ? <p className="text-muted">None yet.</p> : <Markdown text={run.notes} />}
    </Panel>
  );
}
