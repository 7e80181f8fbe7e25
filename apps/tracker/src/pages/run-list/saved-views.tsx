import { useNavigate } from "@tanstack/react-router";
import { Bookmark, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { z } from "zod";
import { RunsSearch } from "../../app/search.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Input } from "../../components/input.tsx";
import { Popover } from "../../components/popover.tsx";

const KEY = "uniarm.views";
const Views = z.array(z.object({ name: z.string().min(1).max(100), search: RunsSearch }));
type View = z.infer<typeof Views>[number];

function read(): View[] {
  try {
    return Views.parse(JSON.parse(localStorage.getItem(KEY) ?? "[]"));
  } catch {
    return []; // written by hand, or by another version
  }
}

/** Views of this browser; a view's link can be sent to others as it is. */
export function SavedViews({ search }: { search: RunsSearch }) {
  const [views, setViews] = useState(read);
  const [naming, setNaming] = useState(false);
  const [name, setName] = useState("");
  const navigate = useNavigate();
  const keep = (next: View[]): void => {
    localStorage.setItem(KEY, JSON.stringify(next));
    setViews(next);
  };
  return (
    <>
      <Popover
        label="Saved views"
        trigger={
          <Button>
            <Bookmark aria-hidden />
            Views
          </Button>
        }
      >
        <ul className="mb-2 flex flex-col">
          {views.length === 0 && <li className="text-muted">None yet: a view is filter, sort, groups and columns.</li>}
          {views.map((view) => (
            <li key={view.name} className="flex items-center gap-1">
              <Button
                look="ghost"
                className="min-w-0 grow"
                onClick={() => void navigate({ to: "/runs", search: ({ project }) => ({ project, ...view.search }) })}
              >
                <span className="truncate">{view.name}</span>
              </Button>
              <Button
                look="ghost"
                size="icon"
                aria-label={`Forget the view ${view.name}`}
                onClick={() => keep(views.filter((one) => one !== view))}
              >
                <Trash2 aria-hidden />
              </Button>
            </li>
          ))}
        </ul>
        <Button size="small" onClick={() => setNaming(true)}>
          <Plus aria-hidden />
          Save this view
        </Button>
      </Popover>
      <Dialog
        open={naming}
        onOpenChange={setNaming}
        title="Save this view"
        description="Filter, sort, groups and columns as they are now, in this browser."
      >
        <form
          className="flex gap-2"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() === "") return;
            keep([...views.filter((view) => view.name !== name.trim()), { name: name.trim(), search }]);
            setNaming(false);
            setName("");
          }}
        >
          <Input aria-label="Name" maxLength={100} value={name} onChange={(event) => setName(event.target.value)} />
          <Button type="submit" look="primary">
            Save
          </Button>
        </form>
      </Dialog>
    </>
  );
}
