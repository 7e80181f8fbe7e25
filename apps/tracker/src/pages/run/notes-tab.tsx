import { Pencil } from "lucide-react";
import { useUpdateRun } from "../../api/actions.ts";
import type { Run } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { TextArea } from "../../components/input.tsx";
import { Panel } from "../../components/panel.tsx";
import { useDraft } from "../../components/use-draft.ts";
import { Markdown } from "../../text/markdown.tsx";

export function NotesTab({ run }: { run: Run }) {
  const [draft, setDraft] = useDraft(`notes.${run.id}`);
  const update = useUpdateRun(run.id);
  if (draft === null)
    return (
      <Panel
        title="Notes"
        aside={
          <Button size="small" onClick={() => setDraft({ before: run.notes, text: run.notes })}>
            <Pencil aria-hidden />
            {run.notes === "" ? "Write" : "Change"}
          </Button>
        }
      >
        {run.notes === "" ? <p className="text-muted">None yet.</p> : <Markdown text={run.notes} />}
      </Panel>
    );
  const { before, text } = draft;
  /** Somebody else saved since this was begun. While it is saved the run shows it already. */
  const isOvertaken = !update.isPending && run.notes !== before && run.notes !== text;
  const save = (from: string): void =>
    update.mutate({ notes: text, before: { notes: from } }, { onSuccess: () => setDraft(null) });
  return (
    <form
      className="grid gap-4 lg:grid-cols-2"
      onSubmit={(event) => {
        event.preventDefault();
        save(before);
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
          value={text}
          onChange={(event) => setDraft({ before, text: event.target.value })}
          className="font-mono"
        />
        {isOvertaken ? (
          <>
            <p role="alert" className="text-warn">
              Somebody saved other notes since you began. They stand beside yours: change yours as you like, and choose.
            </p>
            <div className="flex flex-wrap gap-2">
              <Button look="primary" onClick={() => save(run.notes)}>
                Save mine in their place
              </Button>
              <Button onClick={() => setDraft(null)}>Take theirs</Button>
            </div>
          </>
        ) : (
          <div className="flex flex-wrap items-center gap-2">
            <Button type="submit" look="primary" busy={update.isPending}>
              Save
            </Button>
            <Button onClick={() => setDraft(null)}>Leave as it was</Button>
            {text !== run.notes && <span className="text-muted">Kept in this browser until it is saved.</span>}
          </div>
        )}
      </div>
      <div className="flex min-w-0 flex-col gap-4">
        {isOvertaken && (
          <Panel title="As they are now">
            <pre className="font-mono break-words whitespace-pre-wrap">{run.notes === "" ? "(none)" : run.notes}</pre>
          </Panel>
        )}
        <Panel title="As yours will look">
          <Markdown text={text} />
        </Panel>
      </div>
    </form>
  );
}
