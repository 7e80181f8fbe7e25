import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useId, useState } from "react";
import { api } from "../../api/client.ts";
import { sentenceOf } from "../../api/errors.ts";
import { Button } from "../../components/button.tsx";
import { Checkbox } from "../../components/checkbox.tsx";
import { CopyButton } from "../../components/copy-button.tsx";
import { Dialog } from "../../components/dialog.tsx";
import { Input } from "../../components/input.tsx";
import { WORDS, type Webhook } from "./webhook-words.ts";

type Event = Webhook["events"][number];

/** Adds a webhook and shows its secret this once; the page forgets it as the dialog closes. */
export function NewWebhookDialog({ project, onClose }: { project: string; onClose: () => void }) {
  const id = useId();
  const client = useQueryClient();
  const [url, setUrl] = useState("");
  const [events, setEvents] = useState<readonly Event[]>(["failed", "stalled"]);
  const [minutes, setMinutes] = useState("30");
  const [inside, setInside] = useState(false);
  const add = useMutation({
    mutationFn: () =>
      api.webhooks.add.mutate({
        project,
        url: url.trim(),
        events: [...events],
        stalledMinutes: Number(minutes),
        inside,
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ["webhooks"] }),
    meta: { quiet: true },
  });
  if (add.data) return <SecretDialog secret={add.data.secret} onClose={onClose} />;
  const check = (label: string, checked: boolean, onChange: (on: boolean) => void) => (
    <div key={label} className="flex items-center gap-2">
      <Checkbox id={`${id}-${label}`} checked={checked} onChange={onChange} />
      <label htmlFor={`${id}-${label}`}>{label}</label>
    </div>
  );
  return (
    <Dialog
      open
      onOpenChange={(open) => (open ? undefined : onClose())}
      title="New webhook"
      description={`An address that is told what happens to runs of ${project}.`}
      actions={
        <>
          <Button onClick={onClose}>Leave it</Button>
          <Button
            look="primary"
            type="submit"
            form={`${id}-form`}
            busy={add.isPending}
            disabled={url.trim() === "" || events.length === 0}
          >
            Add it
          </Button>
        </>
      }
    >
      <form
        id={`${id}-form`}
        noValidate
        className="flex flex-col gap-4"
        onSubmit={(event) => {
          event.preventDefault();
          if (!add.isPending) add.mutate();
        }}
      >
        <div className="flex flex-col gap-1">
          <label htmlFor={`${id}-url`} className="font-medium">
            Address
          </label>
          <Input
            id={`${id}-url`}
            type="url"
            maxLength={2000}
            autoComplete="off"
            placeholder="https://…"
            value={url}
            onChange={(event) => setUrl(event.target.value)}
          />
        </div>
        <fieldset className="flex flex-col gap-1.5">
          <legend className="mb-1 font-medium">Told when runs</legend>
          {(Object.keys(WORDS) as Event[]).map((event) =>
            check(WORDS[event], events.includes(event), (on) =>
              setEvents(on ? [...events, event] : events.filter((one) => one !== event)),
            ),
          )}
        </fieldset>
        {events.includes("stalled") && (
          <div className="flex items-center gap-2">
            <label htmlFor={`${id}-minutes`}>Stalled after minutes without news</label>
            <Input
              id={`${id}-minutes`}
              inputMode="numeric"
              className="w-20"
              value={minutes}
              onChange={(event) => setMinutes(event.target.value)}
            />
          </div>
        )}
        {check("Also runs inside of studies and sweeps", inside, setInside)}
        {add.error && (
          <p role="alert" className="text-bad">
            {sentenceOf(add.error)}
          </p>
        )}
      </form>
    </Dialog>
  );
}

const SecretDialog = ({ secret, onClose }: { secret: string; onClose: () => void }) => (
  <Dialog
    open
    onOpenChange={(open) => (open ? undefined : onClose())}
    title="The webhook’s secret"
    description="Copy it now: it is not shown again. What is sent is signed with it."
    actions={
      <Button look="primary" onClick={onClose}>
        Done
      </Button>
    }
  >
    <div className="flex items-center gap-2 rounded-md border border-line bg-sunken p-3">
      <code data-secret className="min-w-0 grow font-mono text-xs break-all select-all">
        {secret}
      </code>
      <CopyButton text={() => secret} label="Copy the secret">
        Copy
      </CopyButton>
    </div>
  </Dialog>
);
