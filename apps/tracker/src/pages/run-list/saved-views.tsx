import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { Bookmark, Import, Plus, Trash2 } from "lucide-react";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { statusOf } from "../../api/errors.ts";
import { queries } from "../../api/queries.ts";
import type { Outputs } from "../../api/types.ts";
import { RunsSearch } from "../../app/search.ts";
import { Button } from "../../components/button.tsx";
import { Popover } from "../../components/popover.tsx";
import { toast } from "../../components/toast.tsx";
import { countText } from "../../text/number.ts";
import { browserViews, keepBrowserViews, type BrowserView } from "./browser-views.ts";
import { plainSearch } from "./plain-search.ts";
import { SaveViewDialog } from "./save-view-dialog.tsx";

type View = Outputs["views"]["list"]["views"][number];

interface SavedViewsProps {
  search: RunsSearch;
  /** null: it does not exist yet */
  project: string | null;
}

/** Views of the project: whoever sees it has them. */
export function SavedViews({ search, project }: SavedViewsProps) {
  const { data } = useQuery({ ...queries.views(project ?? ""), enabled: project !== null });
  const [naming, setNaming] = useState(false);
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
        <ViewList views={data?.views ?? []} project={project} />
        {project !== null && <TakeOver project={project} />}
        <Button size="small" disabled={project === null} onClick={() => setNaming(true)}>
          <Plus aria-hidden />
          Save this view
        </Button>
      </Popover>
      {naming && project !== null && (
        <SaveViewDialog project={project} search={search} onClose={() => setNaming(false)} />
      )}
    </>
  );
}

function ViewList({ views, project }: { views: readonly View[]; project: string | null }) {
  const navigate = useNavigate();
  const client = useQueryClient();
  const remove = useMutation({
    mutationFn: ({ id }: View) => api.views.delete.mutate({ id }),
    onSuccess: (_answer, view) =>
      toast.done(`The view ${view.name} is deleted, for everybody.`, {
        label: "Undo",
        onClick: () => restore.mutate(view),
      }),
    onSettled: () => client.invalidateQueries({ queryKey: ["views"] }),
  });
  const restore = useMutation({
    mutationFn: ({ name, search }: View) => api.views.save.mutate({ project: project ?? "", name, search }),
    onSettled: () => client.invalidateQueries({ queryKey: ["views"] }),
  });
  return (
    <ul className="mb-2 flex flex-col">
      {views.length === 0 && (
        <li className="text-muted">None yet: a view is filter, sort, groups, columns and charts.</li>
      )}
      {views.map((view) => (
        <li key={view.id} className="flex items-center gap-1">
          <Button
            look="ghost"
            className="min-w-0 grow"
            title={`Saved by ${view.createdBy}`}
            onClick={() =>
              void navigate({
                to: "/runs",
                search: ({ project: own }) => ({ project: own, ...RunsSearch.parse(view.search) }),
              })
            }
          >
            <span className="truncate">{view.name}</span>
          </Button>
          <Button
            look="ghost"
            size="icon"
            aria-label={`Delete the view ${view.name}`}
            onClick={() => remove.mutate(view)}
          >
            <Trash2 aria-hidden />
          </Button>
        </li>
      ))}
    </ul>
  );
}

/** Views that an earlier version kept in this browser alone. */
function TakeOver({ project }: { project: string }) {
  const [own, setOwn] = useState(browserViews);
  const client = useQueryClient();
  const keep = (left: readonly BrowserView[]): void => {
    keepBrowserViews(left);
    setOwn([...left]);
  };
  const take = useMutation({
    mutationFn: async () => {
      const left: BrowserView[] = [];
      for (const view of own) {
        try {
          await api.views.save.mutate({ project, name: view.name, search: plainSearch(view.search) });
        } catch (error) {
          if (statusOf(error) !== 409) throw error;
          left.push(view); // the project has another one of that name
        }
      }
      return left;
    },
    onSuccess: (left) => {
      keep(left);
      const taken = own.length - left.length;
      if (taken > 0) toast.done(`${countText(taken, "view")} of this browser now belong to the project.`);
      if (left.length > 0)
        toast.error(`The project has other views called ${left.map(({ name }) => name).join(", ")}: these stay here.`);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ["views"] }),
  });
  if (own.length === 0) return null;
  return (
    <div className="mb-3 rounded-md border border-line bg-sunken p-2">
      <p>
        This browser has {countText(own.length, "view")} of its own: {own.map(({ name }) => name).join(", ")}.
      </p>
      <div className="mt-2 flex flex-wrap gap-2">
        <Button size="small" busy={take.isPending} onClick={() => take.mutate()}>
          <Import aria-hidden />
          Give them to the project
        </Button>
        <Button size="small" look="ghost" onClick={() => keep([])}>
          Forget them
        </Button>
      </div>
    </div>
  );
}
