import {
  partOf,
  textOfPrompt,
  type DecodingConfig,
  type Generation,
  type RunEvent,
  type Shard,
  type WrittenShard,
} from "@uniarm/core/schema";
import { beamSearch } from "./beam-search.ts";
import { generateBest } from "./best-of.ts";
import { nearestNotice } from "./fusion/nearest.ts";
import { generate, type Generated } from "./generate.ts";
import { openGenerationFile, recordedBaseWeights, type GenerationFile } from "./generation-file.ts";
import { guidanceAt, guidancesOf } from "./guidances.ts";
import { modelNotices, openGuidedModel, type GuidedModel } from "./guided-model.ts";
import { controlled } from "./preference-control.ts";
import { encodePrompts, readPrompts } from "./prompts.ts";
import { byLength, planBatches, rowKey, type DecodingRow } from "./rows.ts";
import { checkSamplingFits, checkSearchFits } from "./sampling-fit.ts";
import { settingsOf } from "./settings.ts";
import { batchesOfShard } from "./shard-batches.ts";
import { textBeforeStop } from "./stop-text.ts";

export interface DecodeOptions {
  /** Stops between two tokens; finished batches are kept in `output`. */
  signal?: AbortSignal;
  /** decodes some of the batches alone; `mergeGenerations` puts the outputs of all parts together */
  shard?: Shard | undefined;
  /** only these of the prompts, in the order in which they are decoded: parts one after the other are the rows of the whole */
  promptPart?: Shard | undefined;
}

/**
 * Decodes prompts x preferences x samples and yields one `generation` event for each row, always in the same order, with
 * `progress` in between. With `output`, each batch is on the disk before its events; rows that an earlier run with the same
 * settings wrote are read back, not decoded again. A batch of which a part is there is decoded whole, so that an
 * interrupted run ends with the bytes of an uninterrupted one.
 * The last event is `finished`, or `stopped` when the signal was aborted.
 *
 * @throws UniArmError for prompts, preferences, coefficients, checkpoint and output as documented at their readers
 */
export async function* decode(config: DecodingConfig, options: DecodeOptions = {}): AsyncGenerator<RunEvent> {
  const prompts = await readPrompts(config.prompts);
  const baseWeights =
    config.baseWeights ?? (config.output === undefined ? undefined : await recordedBaseWeights(config.output));
  const guided = await openGuidedModel({ ...config, baseWeights });
  let file: GenerationFile | null = null;
  try {
    const { settings: fusion } = guided.fusion;
    const guidances = guidancesOf(config, guided.checkpoint?.manifest ?? null, fusion);
    checkSamplingFits(config.sampling, guided, config.maxNewTokens);
    checkSearchFits(config, fusion);
    const all = encodePrompts(prompts, guided, config.maxNewTokens);
    const encoded = options.promptPart ? partOf(byLength(all), options.promptPart) : all;
    const planned = planBatches(encoded, guidances, config.samplesPerPrompt, responsesAtOnce(config));
    const whole = controlled(planned, config, (preference) =>
      guidanceAt(preference, config.strength, guided.checkpoint!.manifest, fusion),
    );
    const batches = options.shard ? batchesOfShard(whole, options.shard, config) : whole;
    if (config.output !== undefined) {
      const settings = await settingsOf(config, guided, encoded);
      const shard: WrittenShard | undefined = options.shard && {
        ...options.shard,
        rows: batches.flat().length,
        batchRows: config.batchRows,
      };
      file = await openGenerationFile(config.output, shard ? { ...settings, shard } : settings);
    }
    yield* decodeBatches(config, guided, batches, file, options.signal);
  } finally {
    await file?.close();
    guided.dispose();
  }
}

async function* decodeBatches(
  config: DecodingConfig,
  guided: GuidedModel,
  batches: readonly DecodingRow[][],
  file: GenerationFile | null,
  signal: AbortSignal | undefined,
): AsyncGenerator<RunEvent> {
  const total = batches.reduce((sum, rows) => sum + rows.length, 0);
  const stored = (row: DecodingRow): Generation | undefined => file?.stored.get(keyOf(row));
  yield { type: "started", kind: "decode", total };
  for (const message of modelNotices(guided)) yield { type: "notice", code: "model-files", message };
  if (guided.notice) yield { type: "notice", code: "vocabulary-shared", message: guided.notice };
  const nearest =
    guided.fusion.settings.rule === "nearest" &&
    config.preferenceControl === "none" &&
    nearestNotice(config.preferences!, guided.checkpoint!.manifest);
  if (nearest) yield { type: "notice", code: "nearest-policy", message: nearest };
  const resumed = batches.flat().filter(stored).length;
  if (resumed > 0) {
    const message = `${resumed} of ${total} rows were already in ${config.output}.`;
    yield { type: "notice", code: "decode-resumed", message };
  }
  const progress = throttledProgress(total);
  let done = 0;
  for (const rows of batches) {
    try {
      const generations = rows.every(stored)
        ? rows.map((row) => stored(row)!)
        : yield* decodeBatch(config, guided, rows, signal, (finished) => progress(done + finished));
      const missing = generations.filter((_, place) => !stored(rows[place]!));
      if (missing.length > 0) await file?.append(missing);
      for (const [place, generation] of generations.entries()) {
        yield { type: "generation", generation: stored(rows[place]!) ?? generation };
      }
    } catch (error) {
      if (!signal?.aborted || error !== signal.reason) throw error;
      const next = file
        ? `Finished rows are in ${config.output}: run the same command again to continue.`
        : "Nothing was written: set output to be able to continue.";
      yield { type: "stopped", step: done, message: `Stopped after ${done} of ${total} rows. ${next}` };
      return;
    }
    done += rows.length;
    yield* progress(done);
  }
  const where = config.output === undefined ? "" : `, in ${config.output}`;
  yield { type: "finished", message: `${total} rows decoded${where}.` };
}

/** One batch -> its generations; progress as rows finish. */
async function* decodeBatch(
  config: DecodingConfig,
  guided: GuidedModel,
  rows: readonly DecodingRow[],
  signal: AbortSignal | undefined,
  progress: (finished: number) => Iterable<RunEvent>,
): AsyncGenerator<RunEvent, Generation[]> {
  const tokens = respond(config, guided, rows, signal);
  try {
    for (;;) {
      const next = await tokens.next();
      if (next.done) return next.value.map((generated, place) => generationOf(rows[place]!, generated, config, guided));
      yield* progress(next.value);
    }
  } finally {
    await tokens.return([]); // frees the batch when the consumer stopped early
  }
}

/** How many responses are decoded at once: what is tried for one is in one batch. */
const responsesAtOnce = ({ batchRows, bestOf, beams }: DecodingConfig): number =>
  Math.floor(batchRows / (bestOf * beams));

function respond(
  config: DecodingConfig,
  guided: GuidedModel,
  rows: readonly DecodingRow[],
  signal: AbortSignal | undefined,
): AsyncGenerator<number, Generated[]> {
  const { sampling, maxNewTokens, seed, beams, lengthPenalty, bestOf, topLogProbs, baseLogProbs } = config;
  if (beams > 1) return beamSearch(guided, rows, { sampling, maxNewTokens, signal, beams, lengthPenalty });
  const options = { sampling, maxNewTokens, seed, signal, topLogProbs, baseLogProbs };
  return bestOf > 1 ? generateBest(guided, rows, { ...options, bestOf }) : generate(guided, rows, options);
}

function generationOf(
  { prompt, preference, sample }: DecodingRow,
  generated: Generated,
  { sampling }: DecodingConfig,
  { tokenizer, model }: GuidedModel,
): Generation {
  return {
    promptId: prompt.id,
    prompt: textOfPrompt(prompt),
    preference: preference && [...preference],
    sample,
    text: textBeforeStop(tokenizer, generated.tokenIds, sampling.stop).text.trim(),
    ...generated,
    baseWeights: model.baseWeights,
    ...(prompt.messages ? { messages: prompt.messages } : {}),
  };
}

const keyOf = ({ prompt, preference, sample }: DecodingRow): string => rowKey(prompt.id, preference, sample);

/** At most about a hundred progress events in all. */
function throttledProgress(total: number): (done: number) => Generator<RunEvent> {
  let last = 0;
  return function* (done) {
    if (done === last || (done < total && done - last < total / 100)) return;
    last = done;
    yield { type: "progress", phase: "decode", done, total, unit: "rows" };
  };
}
