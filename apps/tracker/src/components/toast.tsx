import { CircleAlert, CircleCheck, X } from "lucide-react";
import { useSyncExternalStore } from "react";
import { Button } from "./button.tsx";

interface Toast {
  id: number;
  kind: "error" | "done";
  text: string;
  action?: { label: string; onClick: () => void } | undefined;
}

/** A sentence takes its time to read; errors stay until they are closed or this long. */
const STAYS_MS = { error: 15_000, done: 5000 };
const MOST = 4;

let toasts: readonly Toast[] = [];
let next = 1;
const listeners = new Set<() => void>();

function change(changed: readonly Toast[]): void {
  toasts = changed;
  listeners.forEach((listener) => listener());
}

function show(kind: Toast["kind"], text: string, action?: Toast["action"]): void {
  const id = next++;
  change([...toasts.filter((toast) => toast.text !== text), { id, kind, text, action }].slice(-MOST));
  setTimeout(() => dismiss(id), action ? STAYS_MS.error : STAYS_MS[kind]);
}

const dismiss = (id: number): void => change(toasts.filter((toast) => toast.id !== id));

/** Says in a corner what happened: `toast.done("Cancelled.")`, `toast.error(sentence)`; an action takes it back. */
export const toast = {
  done: (text: string, action?: Toast["action"]): void => show("done", text, action),
  error: (text: string): void => show("error", text),
};

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function Toasts() {
  const shown = useSyncExternalStore(subscribe, () => toasts);
  return (
    <section
      aria-label="Messages"
      aria-live="polite"
      className="pointer-events-none fixed right-4 bottom-4 left-4 z-[60] flex flex-col items-end gap-2"
    >
      {shown.map(({ id, kind, text, action }) => (
        <div
          key={id}
          role={kind === "error" ? "alert" : undefined}
          className="pointer-events-auto flex w-full max-w-md items-start gap-3 rounded-lg border border-line bg-surface p-3 shadow-xl"
        >
          {kind === "error" ? (
            <CircleAlert aria-hidden className="mt-0.5 size-5 shrink-0 text-bad" />
          ) : (
            <CircleCheck aria-hidden className="mt-0.5 size-5 shrink-0 text-good" />
          )}
          <p className="min-w-0 grow break-words whitespace-pre-wrap">{text}</p>
          {action && (
            <Button
              size="small"
              onClick={() => {
                dismiss(id);
                action.onClick();
              }}
            >
              {action.label}
            </Button>
          )}
          <Button look="ghost" size="small" aria-label="Close message" onClick={() => dismiss(id)}>
            <X aria-hidden />
          </Button>
        </div>
      ))}
    </section>
  );
}
