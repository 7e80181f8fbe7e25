import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client.ts";
import { sentenceOf, statusOf } from "../../api/errors.ts";
import type { RunsSearch } from "../../app/search.ts";
import { Button } from "../../components/button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Input } from "../../components/input.tsx";
import { plainSearch } from "./plain-search.ts";

/** Gives what the list shows a name; one that is taken is replaced only when that is asked for. */
export function SaveViewDialog({
  project,
  search,
  onClose,
}: {
  project: string;
  search: RunsSearch;
  onClose: () => void;
}) {
  const [name, setName] = useState("");
  const client = useQueryClient();
  const save = useMutation({
    mutationFn: ({ replace }: { replace: boolean }) =>
      api.views.save.mutate({ project, name: name.trim(), search: plainSearch(search), replace }),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: ["views"] }),
    meta: { quiet: true },
  });
  const isTaken = statusOf(save.error) === 409;
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="Save this view"
      description="Filter, sort, groups, columns and charts as they are now, for everybody who sees the project."
    >
      <form
        className="flex flex-wrap gap-2"
        onSubmit={(event) => {
          event.preventDefault();
          if (name.trim() !== "") save.mutate({ replace: false });
        }}
      >
        <Input
          aria-label="Name"
          maxLength={100}
          value={name}
          onChange={(event) => {
            setName(event.target.value);
            save.reset();
          }}
          className="w-auto grow"
        />
        <Button type="submit" look="primary" busy={save.isPending} disabled={name.trim() === ""}>
          Save
        </Button>
        {isTaken && (
          <Button busy={save.isPending} onClick={() => save.mutate({ replace: true })}>
            Replace it
          </Button>
        )}
        {save.error && (
          <p role="alert" className="basis-full text-bad">
            {sentenceOf(save.error)}
          </p>
        )}
      </form>
    </Dialog>
  );
}
