import { CircleAlert } from "lucide-react";
import { RunLink } from "../../components/run-link.tsx";
import type { Generation } from "./use-generation.ts";

const WORDS: Record<Generation["state"], string> = {
  idle: "Press Ask, or move a preference.",
  asking: "Asking…",
  queued: "Waiting for a worker that is free to hold the model…",
  loading: "A worker loads the model…",
  ready: "Answering…",
  done: "Answered.",
  failed: "",
};

/** What the answers wait for. */
export function StatusLine({ generation: { state, run, waits, error } }: { generation: Generation }) {
  if (error !== null)
    return (
      <p role="alert" className="flex items-start gap-2 text-bad">
        <CircleAlert aria-hidden className="mt-0.5 size-4 shrink-0" />
        <span className="min-w-0 break-words">{error}</span>
      </p>
    );
  return (
    <p role="status" className="text-muted">
      {WORDS[state]}
      {run !== null && (
        <>
          {" "}
          <RunLink id={run} name={`Run ${run}`} /> {state === "queued" || state === "loading" ? "will hold" : "holds"}{" "}
          the model.{" "}
          {state === "queued" &&
            (waits || "Runs that hold other models give their place back when nothing is asked of them.")}
        </>
      )}
    </p>
  );
}
