import { Plus, X } from "lucide-react";
import { useState } from "react";
import { useUpdateRun } from "../../api/actions.ts";
import type { Run } from "../../api/types.ts";
import { Badge } from "../../components/badge.tsx";
import { Button } from "../../components/button.tsx";
import { Input } from "../../components/input.tsx";

export function Tags({ run }: { run: Run }) {
  const update = useUpdateRun(run.id);
  const [draft, setDraft] = useState<string | null>(null);
  /** Whoever leaves the field has written the tag; only Escape drops it. */
  const add = (text: string): void => {
    if (text.trim() !== "") update.mutate({ addTags: [text.trim()] });
    setDraft(null);
  };
  return (
    <span className="flex flex-wrap items-center gap-1">
      {run.tags.map((tag) => (
        <Badge key={tag}>
          <span className="truncate">{tag}</span>
          <button
            type="button"
            aria-label={`Remove the tag ${tag}`}
            className="-mr-1 rounded-full p-0.5 hover:text-bad"
            onClick={() => update.mutate({ removeTags: [tag] })}
          >
            <X aria-hidden />
          </button>
        </Badge>
      ))}
      {draft === null ? (
        <Button look="ghost" size="small" onClick={() => setDraft("")}>
          <Plus aria-hidden />
          Tag
        </Button>
      ) : (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            add(draft);
          }}
        >
          <Input
            autoFocus
            aria-label="New tag"
            maxLength={100}
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
            onBlur={() => add(draft)}
            onKeyDown={({ key }) => {
              if (key === "Escape") setDraft(null);
            }}
            className="h-7 w-36"
          />
        </form>
      )}
    </span>
  );
}
