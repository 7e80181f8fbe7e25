import { useMutation, useQueryClient } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import { useId, useState } from "react";
import { api } from "../../api/client.ts";
import { sentenceOf } from "../../api/errors.ts";
import type { Inputs } from "../../api/types.ts";
import { Button } from "../../components/button.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Input } from "../../components/input.tsx";
import { Select } from "../../components/select.tsx";

type Scope = Inputs["keys"]["create"]["scopes"][number];

const SCOPES: Record<Scope, { scopes: Scope[]; says: string }> = {
  read: { scopes: ["read"], says: "look at everything" },
  write: { scopes: ["read", "write"], says: "also launch, change, upload, generate; what workers need" },
  admin: { scopes: ["read", "write", "admin"], says: "also make and revoke keys, clean up" },
};
const EXPIRIES = { "30": "in 30 days", "90": "in 90 days", "365": "in a year", never: "never" };

/** Makes a key and shows its secret this once; the page forgets it as the dialog closes. */
export function NewKeyDialog({ onClose }: { onClose: () => void }) {
  const [name, setName] = useState("");
  const [scope, setScope] = useState<Scope>("read");
  const [expiry, setExpiry] = useState<keyof typeof EXPIRIES>("90");
  const ids = { name: useId(), scope: useId(), expiry: useId() };
  const client = useQueryClient();
  const create = useMutation({
    mutationFn: () =>
      api.keys.create.mutate({
        name: name.trim(),
        scopes: SCOPES[scope].scopes,
        ...(expiry === "never" ? {} : { expiresInDays: Number(expiry) }),
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["keys"] }),
    meta: { quiet: true },
  });
  const secret = create.data?.secret;
  return (
    <Dialog
      open
      onOpenChange={onClose}
      title={secret === undefined ? "New key" : `The key ${name.trim()}`}
      {...(secret === undefined ? {} : { description: "Copy it now: it is not shown again." })}
      actions={
        secret === undefined ? (
          <>
            <Button onClick={onClose}>Leave it</Button>
            <Button
              look="primary"
              busy={create.isPending}
              disabled={name.trim() === ""}
              type="submit"
              form={`${ids.name}-form`}
            >
              Make it
            </Button>
          </>
        ) : (
          <Button look="primary" onClick={onClose}>
            Done
          </Button>
        )
      }
    >
      {secret === undefined ? (
        <form
          id={`${ids.name}-form`}
          className="flex flex-col gap-4"
          onSubmit={(event) => {
            event.preventDefault();
            if (name.trim() !== "" && !create.isPending) create.mutate();
          }}
        >
          <div className="flex flex-col gap-1">
            <label htmlFor={ids.name} className="font-medium">
              Name
            </label>
            <Input
              id={ids.name}
              maxLength={100}
              autoComplete="off"
              placeholder="whose it is, or what for"
              value={name}
              onChange={(event) => setName(event.target.value)}
            />
          </div>
          <div className="flex flex-col gap-1">
            <label htmlFor={ids.scope} className="font-medium">
              It may
            </label>
            <Select
              id={ids.scope}
              value={scope}
              onChange={setScope}
              options={(Object.keys(SCOPES) as Scope[]).map((value) => ({
                value,
                label: `${value}: ${SCOPES[value].says}`,
              }))}
            />
          </div>
          <div className="flex flex-col gap-1">
            <label htmlFor={ids.expiry} className="font-medium">
              It expires
            </label>
            <Select
              id={ids.expiry}
              value={expiry}
              onChange={setExpiry}
              options={(Object.keys(EXPIRIES) as (keyof typeof EXPIRIES)[]).map((value) => ({
                value,
                label: EXPIRIES[value],
              }))}
            />
          </div>
          {create.error && (
            <p role="alert" className="text-bad">
              {sentenceOf(create.error)}
            </p>
          )}
        </form>
      ) : (
        <div className="flex flex-col gap-3">
          <div className="flex items-center gap-2 rounded-md border border-line bg-sunken p-3">
            <code data-secret className="min-w-0 grow font-mono text-xs break-all select-all">
              {secret}
            </code>
            <CopyButton text={() => secret} label="Copy the key">
              Copy
            </CopyButton>
          </div>
          <p className="flex items-start gap-2 text-muted">
            <TriangleAlert aria-hidden className="mt-0.5 size-4 shrink-0 text-warn" />
            The server keeps only its hash. If a key is lost, revoke it and make a new one.
          </p>
        </div>
      )}
    </Dialog>
  );
}
