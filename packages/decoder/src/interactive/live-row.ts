import { PassThrough } from "node:stream";
import type { Random } from "@uniarm/core";
import { UniArmError, type Finish } from "@uniarm/core/schema";
import { finishOf } from "../finish.ts";
import { guidancesOf } from "../guidances.ts";
import type { GuidedModel } from "../guided-model.ts";
import { notFinite } from "../not-finite.ts";
import { encodePrompts } from "../prompts.ts";
import { checkSamplingFits } from "../sampling-fit.ts";
import { randomOf, type DecodingRow, type Guidance } from "../rows.ts";
import { textStream, type TextStream } from "../text-stream.ts";
import type { ReadToken } from "../token-log-probs.ts";
import type { InteractiveEvent, InteractiveRequest } from "./request.ts";

/** A request in progress: its row, its response so far, and the stream of its events. */
export interface LiveRow {
  /** the model under the rule of fusion that the request asks for */
  guided: GuidedModel;
  row: DecodingRow;
  request: InteractiveRequest;
  random: Random;
  text: TextStream;
  events: PassThrough;
  tokenIds: number[];
  logProbNats: number;
  batchRows: number;
  /** nobody reads it any more: it ends before its next token */
  abandoned: boolean;
  ended: boolean;
}

/** @param guided under the request's own rule of fusion. @throws UniArmError for a preference, prompt, length or sampling that the model cannot take */
export function liveRow(guided: GuidedModel, request: InteractiveRequest): LiveRow {
  checkSamplingFits(request.sampling, guided, request.maxNewTokens);
  const [prompt] = encodePrompts([request.prompt], guided, request.maxNewTokens);
  const guidance = guidanceOf(request, guided);
  const random = randomOf({ prompt: prompt!, ...guidance, sample: 0 }, request.seed);
  return {
    guided,
    // within a batch, prompts are the same where what is asked is
    row: {
      prompt: { ...prompt!, id: JSON.stringify([prompt!.text, prompt!.messages]) },
      ...inBatch(guidance, guided),
      sample: 0,
    },
    request,
    random,
    text: textStream(guided.tokenizer, request.sampling.stop),
    events: new PassThrough({ objectMode: true }),
    tokenIds: [],
    logProbNats: 0,
    batchRows: 0,
    abandoned: false,
    ended: false,
  };
}

/** Adds the chosen token to the response; the row ends with its last one, or when the token has no probability. */
export function addToken(live: LiveRow, token: ReadToken, runnerUp: ReadToken, eosTokenIds: ReadonlySet<number>): void {
  if (!Number.isFinite(token.fused)) {
    fail(live, notFinite(live.request.prompt.id, token.fused));
    return;
  }
  const reading = live.text.readingOf(runnerUp.tokenId);
  live.tokenIds.push(token.tokenId);
  live.logProbNats += token.fused;
  const told = live.text.add(token.tokenId);
  const { maxNewTokens } = live.request;
  const finish = finishOf(live.tokenIds, live.text.isStopped(), { eosTokenIds, maxNewTokens });
  const text = told + (finish ? live.text.rest() : "");
  live.events.write({ type: "token", ...token, text, runnerUp: { ...runnerUp, text: reading } });
  if (finish) end(live, finish);
}

export function end(live: LiveRow, finish: Finish | "cancelled"): void {
  live.ended = true;
  const { text, logProbNats, batchRows } = live;
  live.events.end({ type: "end", finish, text: text.text(), logProbNats, batchRows });
}

export function fail(live: LiveRow, error: unknown): void {
  if (live.ended) return;
  live.ended = true;
  live.events.end({ type: "failed", error });
}

/** @param abandon called when the reader is done, early or not */
export async function* eventsOf({ events }: LiveRow, abandon: () => void): AsyncGenerator<InteractiveEvent, void> {
  try {
    for await (const event of events as AsyncIterable<InteractiveEvent | { type: "failed"; error: unknown }>) {
      if (event.type === "failed") throw event.error;
      yield event;
    }
  } finally {
    abandon();
  }
}

function guidanceOf(request: InteractiveRequest, { checkpoint, fusion }: GuidedModel): Guidance {
  const { preference, strength = 1, coefficients } = request;
  if (preference === null) return { preference, coefficients: [] };
  if (!checkpoint)
    throw new UniArmError(
      "preferences-without-checkpoint",
      `Preference [${preference.join(", ")}] was given, but no checkpoint is open: an unguided model cannot follow it. Open a checkpoint, or leave out the preference.`,
    );
  const asked = { preferences: [preference], strength, ...(coefficients ? { coefficients: [coefficients] } : {}) };
  return guidancesOf(asked, checkpoint.manifest, fusion.settings)[0]!;
}

/** An unguided row among guided ones has coefficients of 0: it needs some preference, and any will do. */
function inBatch(guidance: Guidance, { checkpoint }: GuidedModel): Guidance {
  if (guidance.preference !== null || !checkpoint) return guidance;
  const count = checkpoint.manifest.objectives.length;
  return { ...guidance, preference: new Array<number>(count).fill(1 / count) };
}
