import { runNow, type RunNow } from "@uniarm/db";
import type { Services } from "../context.ts";
import { follow } from "../follow.ts";
import type { Broker } from "./broker.ts";

/** The run ended because it was idle: another one may answer. */
export const IDLE = "playground-idle";

/** Until the signal, tells the broker what happens to a run that somebody waits for: it is queued, loads, loses its attempt, ends. */
export async function watchRun(
  { db, listener, log }: Pick<Services, "db" | "listener" | "log">,
  broker: Broker,
  runId: string,
  signal: AbortSignal,
): Promise<void> {
  let last = "";
  const read = async (): Promise<RunNow[]> => {
    const now = await runNow(db, runId);
    const text = JSON.stringify(now);
    if (text === last) return [];
    last = text;
    return [now];
  };
  const onError = (error: unknown): void => log.warn({ error }, "a playground's client waits for the database");
  const source = { topic: `run:${runId}` as const, read };
  for await (const now of follow({ listener, signal, onError }, [source])) tell(broker, runId, now);
}

function tell(broker: Broker, runId: string, { state, reason, liveAttempt, lastEnd }: RunNow): void {
  if (state === "SUCCEEDED") {
    broker.runOver(runId, IDLE, `Run ${runId}, which held the model, ended because it was idle. Ask again.`);
    return;
  }
  const attempt = broker.attemptOf(runId);
  if (attempt !== null && attempt !== liveAttempt)
    broker.attemptOver(
      runId,
      attempt,
      `The process that answered has ended: ${lastEnd ?? "it was replaced"}. Ask again.`,
    );
  if (state === "QUEUED" || state === "WAITING") broker.wait(runId, "queued");
  else if (state === "RUNNING") {
    if (broker.attemptOf(runId) === null) broker.wait(runId, "loading");
  } else {
    const how = state === null ? "was deleted" : `ended ${state}${reason ? ` (${reason})` : ""}`;
    broker.runOver(
      runId,
      "playground-ended",
      `Run ${runId}, which held the model, ${how}. Ask again, or see why: uniarm runs logs ${runId}`,
    );
  }
}
