import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useRunChanges } from "../../api/live.ts";
import type { Run, RunChange } from "../../api/types.ts";

/** What is read again after a change of each kind. */
const CONCERNS: Record<RunChange["type"], readonly ("run" | "history" | "logs" | "fronts")[]> = {
  state: ["run"],
  desired: ["run"],
  attempt: ["run"],
  provenance: ["run"],
  child: ["run"],
  progress: ["run"],
  notice: ["logs"],
  metrics: ["run", "history"],
  log: ["logs"],
  checkpoint: ["run"],
  artifact: ["run"],
  front: ["run", "fronts"],
};
/** However much happens, things are read again at most this often. */
const CALM_MS = 600;

/** Keeps the page of a run current. `logs` changes whenever its log grows. */
export function useLiveRun(run: Run): { logs: number } {
  const client = useQueryClient();
  const [logs, setLogs] = useState(0);
  const due = useRef(new Set<string>());
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  useRunChanges(run.id, run.eventSequence, ({ type }) => {
    CONCERNS[type].forEach((concern) => due.current.add(concern));
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      if (due.current.has("run")) void client.invalidateQueries({ queryKey: ["run", run.id] });
      if (due.current.has("history")) void client.invalidateQueries({ queryKey: ["history"] });
      if (due.current.has("fronts")) void client.invalidateQueries({ queryKey: ["fronts"] });
      if (due.current.has("logs")) setLogs((count) => count + 1);
      due.current.clear();
    }, CALM_MS);
  });
  return { logs };
}
