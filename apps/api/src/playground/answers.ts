import type { GenerateChunk, PlaygroundRequest } from "@uniarm/core/schema";
import {
  askPlayground,
  fetchAnswers,
  keepPlaygroundRequest,
  leavePlayground,
  MOST_UNREAD,
  playgroundHolder,
  queuedWaits,
  runNow,
  type RunNow,
} from "@uniarm/db";
import type { Services } from "../context.ts";
import { follow, type Source } from "../follow.ts";

/** The run ended because it was idle: another one may answer. */
export const IDLE = "playground-idle";

/** Well below the time after which a request counts as nobody's. */
const KEEP_MS = 10_000;

type WaitState = Extract<GenerateChunk, { type: "status" }>["state"];

/**
 * Asks the run that holds a model. Its chunks end with the end of the last row, or with an error; a client that leaves cancels it.
 * The attempt that answers may speak to another server: what passes between them is in the database.
 * @throws UniArmError playground-busy
 */
export async function* answers(
  { db, listener, log }: Pick<Services, "db" | "listener" | "log">,
  runId: string,
  request: PlaygroundRequest,
  signal: AbortSignal,
): AsyncGenerator<GenerateChunk, void> {
  const { id } = request;
  await askPlayground(db, runId, request);
  const onError = (error: unknown): void => log.warn({ err: error }, "a playground's client waits for the database");
  const keeping = setInterval(() => void keepPlaygroundRequest(db, id).catch(onError), KEEP_MS);
  let open = request.preferences.length;
  try {
    for await (const chunk of follow({ listener, signal, onError }, sourcesOf(db, runId, id))) {
      yield chunk;
      if (chunk.type === "end") open -= 1;
      if (chunk.type === "error" || open === 0) return;
    }
  } finally {
    clearInterval(keeping);
    await leavePlayground(db, id).catch(onError); // unheard of, it is cancelled all the same
  }
}

/** What happens to the run, and what is answered. */
function sourcesOf(db: Services["db"], runId: string, id: string): Source<GenerateChunk>[] {
  let last = 0;
  let handedTo: string | null = null;
  let told = "";
  const readAnswers = async (): Promise<GenerateChunk[]> => {
    const found = await fetchAnswers(db, id, last);
    if (!found) return [failure("request-lost", "The request is no longer known: its run was deleted. Ask again.")];
    last = found.sequence;
    handedTo = found.handedTo;
    if (found.isBehind)
      return [
        failure(
          "client-behind",
          `${MOST_UNREAD} tokens were waiting for a client that did not read them; its request was cancelled. Read the stream, or ask for less.`,
        ),
      ];
    const chunks = found.chunks.map(({ id: _, ...chunk }): GenerateChunk => chunk);
    if (chunks.length > 0 && told !== "ready") {
      told = "ready"; // the first answer may be read before the notice that somebody answers
      chunks.unshift({ type: "status", state: "ready", run: runId });
    }
    return found.isCancelled
      ? [...chunks, failure("request-lost", "The server lost touch with the database for too long. Ask again.")]
      : chunks;
  };
  const readRun = async (): Promise<GenerateChunk[]> => {
    const [now, holder] = [await runNow(db, runId), await playgroundHolder(db, runId)];
    const over = overOf(runId, now);
    const rest = await readAnswers(); // what was said before the end comes before it
    if (over) return [...rest, over];
    if (handedTo !== null && handedTo !== now.liveAttempt)
      return [
        ...rest,
        failure("attempt-over", `The process that answered has ended: ${now.lastEnd ?? "it was replaced"}. Ask again.`),
      ];
    const state = stateOf(now, holder);
    const waits = state === "queued" ? await queuedWaits(db, runId) : "";
    if (told === state + waits) return rest;
    told = state + waits;
    return [{ type: "status", state, run: runId, ...(waits === "" ? {} : { waits }) }, ...rest];
  };
  return [
    { topic: `run:${runId}`, read: readRun },
    { topic: `request:${id}`, read: readAnswers },
  ];
}

const failure = (code: string, message: string): GenerateChunk => ({ type: "error", code, message });

function stateOf({ state, liveAttempt }: RunNow, holder: string | null): WaitState {
  if (state !== "RUNNING") return "queued";
  return holder !== null && holder === liveAttempt ? "ready" : "loading";
}

/** What a client is told of a run that answers no more; null: it may. */
function overOf(runId: string, { state, reason }: RunNow): GenerateChunk | null {
  if (state === "SUCCEEDED")
    return failure(IDLE, `Run ${runId}, which held the model, ended because it was idle. Ask again.`);
  if (state === "QUEUED" || state === "WAITING" || state === "RUNNING") return null;
  const how = state === null ? "was deleted" : `ended ${state}${reason ? ` (${reason})` : ""}`;
  return failure(
    "playground-ended",
    `Run ${runId}, which held the model, ${how}. Ask again, or see why: uniarm runs logs ${runId}`,
  );
}
