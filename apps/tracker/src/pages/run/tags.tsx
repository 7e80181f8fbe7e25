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
  return (
    <span className="flex flex-wrap items-center gap-1">
      {run.tags.map((tag) => (
        <Badge key={tag}>
          <span className="truncate">{tag}</span>
          <button
            type="button"
            aria-label={`Remove the tag ${tag}`}
            className="-mr-1 rounded-full p-0.5 hover:text-bad"
            onClick={() => update.mutate({ tags: run.tags.filter((one) => one !== tag) })}
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
            if (draft.trim() !== "") update.mutate({ tags: [...run.tags, draft.trim()] });
            setDraft(null);
          }}
        >
          <Input
            autoFocus
            aria-label="New tag"
            maxLength={100}
            value={draft}
            onChange={(event) => setDraft(event.target.value)}
            onBlur={() => setDraft(null)}
            className="h-7 w-36"
          />
        </form>
      )}
    </span>
  );
}
