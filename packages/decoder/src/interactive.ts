import { PassThrough } from "node:stream";
import { setImmediate } from "node:timers/promises";
import { tf, type Random } from "@uniarm/core";
import {
  UniArmError,
  type CheckpointManifest,
  type Prompt,
  type SamplingConfig,
  type TokenStep,
} from "@uniarm/core/schema";
import { chooseTokens } from "./choose.ts";
import { guidancesOf } from "./guidances.ts";
import { advance, disposeBatch, keepRows, prefill, type GuidedBatch, type GuidedLogits } from "./guided-batch.ts";
import type { GuidedModel } from "./guided-model.ts";
import { encodePrompts } from "./prompts.ts";
import { randomOf, type DecodingRow, type Guidance } from "./rows.ts";
import { textStream, type TextStream } from "./text-stream.ts";
import { readTokenLogProbs, type ReadToken } from "./token-log-probs.ts";

/** One response to make, as `decode` would make it for this prompt id, preference and seed. */
export interface InteractiveRequest {
  prompt: Prompt;
  /** null: the base model, unguided */
  preference: readonly number[] | null;
  strength?: number;
  /** genarm only, in place of strength * preference */
  coefficients?: readonly number[];
  sampling: SamplingConfig;
  maxNewTokens: number;
  seed: number;
}

export type InteractiveEvent =
  | ({ type: "token" } & TokenStep)
  | {
      type: "end";
      finish: "eos" | "length" | "cancelled";
      text: string;
      logProbNats: number;
      /** rows that began with it in one batch, itself included; 0: it never began */
      batchRows: number;
    };

export interface Interactive {
  /**
   * Adds a row; it is decoded whether or not its events are read. Ends with `end`, also when the signal is aborted or its
   * reader stops early: the row then leaves its batch before the next token.
   * @throws UniArmError at once for a preference, prompt or length that the model cannot take; from the stream decode-not-finite
   */
  ask: (request: InteractiveRequest, signal?: AbortSignal) => AsyncGenerator<InteractiveEvent, void>;
  /** Rows that are being decoded, and rows that wait for room. */
  counts: () => { rows: number; waiting: number; batches: number };
  /** Cancels all rows and frees their batches; the model stays the caller's. */
  close: () => Promise<void>;
}

interface LiveRow {
  row: DecodingRow;
  request: InteractiveRequest;
  random: Random;
  text: TextStream;
  events: PassThrough;
  tokens: number;
  logProbNats: number;
  batchRows: number;
  /** nobody listens any more */
  left: boolean;
  ended: boolean;
}

/** Rows whose prompts were read together: they take their steps together. */
interface Cohort {
  batch: GuidedBatch;
  rows: LiveRow[];
  /** null while a step is made of it */
  next: GuidedLogits | null;
}

/**
 * Decodes requests that come at any time. Those that wait between two tokens start together, whatever their preferences and
 * sampling: one batch, one prompt pass. Batches take their steps in turn; rows leave them as they end.
 * @param options.maxRows rows decoded at once; the others wait in the order they came
 */
export function openInteractive(guided: GuidedModel, { maxRows }: { maxRows: number }): Interactive {
  const waiting: LiveRow[] = [];
  const cohorts: Cohort[] = [];
  let stepping: Cohort | null = null;
  let running = false;
  let loop: Promise<void> = Promise.resolve();
  let closed = false;

  const rowsLive = (): number =>
    [...cohorts, ...(stepping ? [stepping] : [])].reduce((sum, { rows }) => sum + rows.length, 0);

  /** Those that wait and fit become a cohort. */
  const admit = (): void => {
    for (const gone of waiting.filter(({ left }) => left)) end(gone, "cancelled");
    const staying = waiting.filter(({ ended }) => !ended);
    const taken = staying.splice(0, Math.max(0, maxRows - rowsLive()));
    waiting.splice(0, waiting.length, ...staying);
    if (taken.length === 0) return;
    try {
      const rows = taken.map(({ row }) => row);
      const { batch, next } = prefill(guided, rows, Math.max(...taken.map(({ request }) => request.maxNewTokens)));
      cohorts.push({ batch, rows: taken, next });
      for (const live of taken) live.batchRows = taken.length;
    } catch (error) {
      for (const live of taken) fail(live, error);
    }
  };

  const run = async (): Promise<void> => {
    for (;;) {
      await setImmediate(); // whoever asks or leaves now counts for this step
      admit();
      stepping = cohorts.shift() ?? null;
      if (!stepping) {
        running = false; // at once: the next to ask starts it again
        return;
      }
      await step(guided, stepping);
      if (stepping.rows.length > 0) cohorts.push(stepping);
      stepping = null;
    }
  };

  return {
    ask: (request, signal) => {
      if (closed) throw new UniArmError("interactive-closed", "The model was closed: open it again to ask it.");
      const live = liveRow(guided, request);
      const leave = (): void => {
        live.left = true;
      };
      if (signal?.aborted) leave();
      else signal?.addEventListener("abort", leave, { once: true });
      waiting.push(live);
      if (!running) {
        running = true;
        loop = run();
      }
      return eventsOf(live, () => {
        leave();
        signal?.removeEventListener("abort", leave);
      });
    },
    counts: () => ({
      rows: rowsLive(),
      waiting: waiting.length,
      batches: cohorts.length + (stepping ? 1 : 0),
    }),
    close: async () => {
      closed = true;
      for (const live of [...waiting, ...[...cohorts, ...(stepping ? [stepping] : [])].flatMap(({ rows }) => rows)])
        live.left = true;
      await loop;
    },
  };
}

function liveRow(guided: GuidedModel, request: InteractiveRequest): LiveRow {
  const [prompt] = encodePrompts([request.prompt], guided, request.maxNewTokens);
  const guidance = guidanceOf(request, guided.checkpoint?.manifest ?? null);
  const random = randomOf({ prompt: prompt!, ...guidance, sample: 0 }, request.seed);
  return {
    // within a batch, prompts are the same where their texts are
    row: { prompt: { ...prompt!, id: prompt!.text }, ...inBatch(guidance, guided), sample: 0 },
    request,
    random,
    text: textStream(guided.tokenizer),
    events: new PassThrough({ objectMode: true }),
    tokens: 0,
    logProbNats: 0,
    batchRows: 0,
    left: false,
    ended: false,
  };
}

function guidanceOf(request: InteractiveRequest, manifest: CheckpointManifest | null): Guidance {
  const { preference, strength = 1, coefficients } = request;
  if (preference === null) return { preference, coefficients: [] };
  if (!manifest)
    throw new UniArmError(
      "preferences-without-checkpoint",
      `Preference [${preference.join(", ")}] was given, but no checkpoint is open: an unguided model cannot follow it. Open a checkpoint, or leave out the preference.`,
    );
  const asked = { preferences: [preference], strength, ...(coefficients ? { coefficients: [coefficients] } : {}) };
  return guidancesOf(asked, manifest)[0]!;
}

/** An unguided row stands among guided ones with coefficients of 0: it needs some preference, which then says nothing. */
function inBatch(guidance: Guidance, { checkpoint }: GuidedModel): Guidance {
  if (guidance.preference !== null || !checkpoint) return guidance;
  const count = checkpoint.manifest.objectives.length;
  return { ...guidance, preference: new Array<number>(count).fill(1 / count) };
}

/** One token for every row of the cohort; rows that ended or were left are out of it afterwards. Never rejects. */
async function step(guided: GuidedModel, cohort: Cohort): Promise<void> {
  const { batch, rows } = cohort;
  try {
    const said = cohort.next!;
    const ids = await chooseEach(said, rows);
    const { chosen, runnersUp } = await readTokenLogProbs(said, ids, batch.lanes, guided.arms.length);
    said.logits.dispose();
    cohort.next = null;
    rows.forEach((live, place) => tell(live, chosen[place]!, runnersUp[place]!, guided.eosTokenIds));
    await setImmediate();

    for (const live of rows) if (live.left && !live.ended) end(live, "cancelled");
    const kept = [...rows.keys()].filter((place) => !rows[place]!.ended);
    cohort.rows = kept.map((place) => rows[place]!);
    if (kept.length > 0) {
      if (kept.length < rows.length) keepRows(batch, kept);
      cohort.next = advance(
        batch,
        kept.map((place) => ids[place]!),
      );
      return;
    }
  } catch (error) {
    for (const live of cohort.rows) fail(live, error);
    cohort.rows = [];
  }
  cohort.next?.logits.dispose();
  cohort.next = null;
  disposeBatch(batch);
}

/** The rows' next tokens; rows that sample alike are drawn together. */
async function chooseEach(said: GuidedLogits, rows: readonly LiveRow[]): Promise<number[]> {
  const groups = Map.groupBy(rows.keys(), (place) => JSON.stringify(rows[place]!.request.sampling));
  const ids = new Array<number>(rows.length);
  for (const places of groups.values()) {
    const { sampling } = rows[places[0]!]!.request;
    const some = groups.size === 1 ? said : logitsOfRows(said, places, rows.length);
    try {
      const chosen = await chooseTokens(
        some,
        sampling,
        places.map((place) => rows[place]!.random),
      );
      for (const [index, place] of places.entries()) ids[place] = chosen.ids[index]!;
    } finally {
      if (some !== said) some.logits.dispose();
    }
  }
  return ids;
}

function logitsOfRows(
  { logits, coefficients }: GuidedLogits,
  places: readonly number[],
  rowCount: number,
): GuidedLogits {
  const parts = Array.from({ length: coefficients.length + 1 }, (_, part) => part * rowCount);
  const indices = parts.flatMap((start) => places.map((place) => start + place));
  return {
    logits: tf.tidy(() => tf.gather(logits, tf.tensor1d(indices, "int32"))), // [(1 + L) n, V]
    coefficients: coefficients.map((lane) => places.map((place) => lane[place]!)),
  };
}

function tell(live: LiveRow, token: ReadToken, runnerUp: ReadToken, eosTokenIds: ReadonlySet<number>): void {
  if (!Number.isFinite(token.fused)) {
    fail(
      live,
      new UniArmError(
        "decode-not-finite",
        `The guided distribution of prompt ${live.request.prompt.id} is not a number (log-probability ${token.fused}). ` +
          "The weights of the model or of the checkpoint are damaged, or the coefficients are too large: try a smaller strength.",
      ),
    );
    return;
  }
  const reading = live.text.readingOf(runnerUp.tokenId);
  live.tokens += 1;
  live.logProbNats += token.fused;
  const finish = eosTokenIds.has(token.tokenId) ? "eos" : live.tokens === live.request.maxNewTokens ? "length" : null;
  const text = live.text.add(token.tokenId) + (finish ? live.text.rest() : "");
  live.events.write({ type: "token", ...token, text, runnerUp: { ...runnerUp, text: reading } });
  if (finish) end(live, finish);
}

function end(live: LiveRow, finish: "eos" | "length" | "cancelled"): void {
  live.ended = true;
  const { text, logProbNats, batchRows } = live;
  live.events.end({ type: "end", finish, text: text.text(), logProbNats, batchRows });
}

function fail(live: LiveRow, error: unknown): void {
  if (live.ended) return;
  live.ended = true;
  live.events.end({ type: "failed", error });
}

async function* eventsOf({ events }: LiveRow, leave: () => void): AsyncGenerator<InteractiveEvent, void> {
  try {
    for await (const event of events as AsyncIterable<InteractiveEvent | { type: "failed"; error: unknown }>) {
      if (event.type === "failed") throw event.error;
      yield event;
    }
  } finally {
    leave();
  }
}
