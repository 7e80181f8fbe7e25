import type { Adapter, Transformer } from "@uniarm/core";
import type { Fusion } from "@uniarm/core/schema";
import { needsBase, PRODUCT, type OpenFusion } from "./fusion/open.ts";
import { rowsUnguided } from "./guided-logits.ts";
import {
  advancePass,
  disposePass,
  joinPass,
  keepPassRows,
  prefillPass,
  type Pass,
  type PassPlan,
} from "./guided-pass.ts";
import { disposeStates, type GuidedStates, type PassStates } from "./guided-states.ts";
import { coefficientsOf, lanesOf, type Lane } from "./lanes.ts";
import { turnsByLongest } from "./read-prompts.ts";
import type { DecodingRow } from "./rows.ts";

/**
 * N rows that are decoded together. Their tokens go through a transformer once for the base model, where its distribution
 * counts, and once for each lane: as one batch of (1 + L) N rows where the ARMs are adapters of the base, base rows first,
 * then N rows of each lane; as two batches where the ARMs are adapters of another model.
 */
export interface GuidedBatch {
  readonly lanes: readonly Lane[];
  readonly fusion: Fusion;
  /** whether the base model is run */
  readonly hasBase: boolean;
  rows: readonly DecodingRow[];
  readonly passes: readonly Pass[];
  /** tokens that base and ARMs have in common: logits of the others are left out */
  readonly vocabulary: number;
}

/** The frozen model and the ARMs that steer it (none: unguided). */
export interface GuidedModels {
  model: Transformer;
  arms: readonly Adapter[];
  /** how they become one distribution; default: the product */
  fusion?: OpenFusion | undefined;
  /** the model that the ARMs are adapters of, when it is not the one they guide */
  armModel?: Transformer | undefined;
  /** ids 0 ... sharedVocabulary - 1 mean the same to both models; default: all ids that both have */
  sharedVocabulary?: number | undefined;
}

/**
 * Reads the prompts: once for the base model and each prompt, once for each (prompt, preference) of an ARM that sees the
 * preference. Rows that share a prompt then share copies of its keys and values.
 * @param newTokens how many tokens will follow at most: the cache has room for them
 * @param readBase whether the base model's distribution is to be read, also where it does not count
 * @returns the batch (free it with `disposeBatch`) and what the first tokens follow from (free it with `disposeStates`)
 */
export function prefill(
  models: GuidedModels,
  rows: readonly DecodingRow[],
  newTokens: number,
  readBase = false,
): { batch: GuidedBatch; next: GuidedStates } {
  const { model, armModel = model } = models;
  const { settings: fusion } = models.fusion ?? PRODUCT;
  const lanes = lanesOf(models, rows);
  const coefficients = coefficientsOf(lanes, rows);
  const hasBase = readBase || needsBase(fusion) || lanes.length === 0 || rowsUnguided(coefficients).includes(true);
  const base = hasBase ? [null] : [];
  const sizes = [model, ...(lanes.length > 0 ? [armModel] : [])].map(({ config }) => config.vocabularySize);
  const vocabulary = Math.min(...sizes, models.sharedVocabulary ?? Infinity);
  const plans: PassPlan[] =
    armModel === model || lanes.length === 0
      ? [{ model, parts: [...base, ...lanes] }]
      : [
          { model, parts: base },
          { model: armModel, parts: lanes },
        ];
  const passes: Pass[] = [];
  const next = { rows: rows.length, hasBase, fusion, coefficients, vocabulary };
  const read: PassStates[] = [];
  try {
    for (const plan of plans) {
      const { pass, states } = prefillPass(plan, rows, newTokens, model);
      passes.push(pass);
      read.push(states);
    }
    return { batch: { lanes, fusion, hasBase, rows, passes, vocabulary }, next: { ...next, passes: read } };
  } catch (error) {
    disposeBatch({ passes });
    disposeStates({ passes: read });
    throw error;
  }
}

/** Feeds one token a row -> what the next follow from; what the last followed from is void then. */
export function advance(batch: GuidedBatch, tokens: readonly number[]): GuidedStates {
  const { lanes, fusion, hasBase, rows, passes, vocabulary } = batch;
  const coefficients = coefficientsOf(lanes, rows);
  const read: PassStates[] = [];
  try {
    for (const pass of passes) read.push(advancePass(pass, tokens, rows));
    return { rows: rows.length, passes: read, hasBase, fusion, coefficients, vocabulary };
  } catch (error) {
    disposeStates({ passes: read });
    throw error;
  }
}

/** Whether two batches of one guided model can go on as one: they run the same, and no row's numbers follow from other rows'. */
export function canJoin(batch: GuidedBatch, other: GuidedBatch): boolean {
  const ranOf = ({ hasBase, lanes }: GuidedBatch): string => JSON.stringify([hasBase, lanes.map(({ arm }) => arm)]);
  return ranOf(batch) === ranOf(other) && !batch.passes.some(({ model }) => turnsByLongest(model));
}

/**
 * The batch has the rows of the other after its own from now on; the other is void then.
 * @param next what the next tokens of each follow from; void afterwards, too
 * @returns what those of all follow from
 */
export function joinBatches(
  batch: GuidedBatch,
  other: GuidedBatch,
  next: { own: GuidedStates; others: GuidedStates },
): GuidedStates {
  batch.rows = [...batch.rows, ...other.rows];
  const passes = batch.passes.map((pass, place) => {
    const added = { pass: other.passes[place]!, states: next.others.passes[place]! };
    return joinPass(pass, next.own.passes[place]!, added, batch.rows);
  });
  disposeStates(next.own);
  disposeStates(next.others);
  return { ...next.own, rows: batch.rows.length, passes, coefficients: coefficientsOf(batch.lanes, batch.rows) };
}

/** The batch has its rows `kept` from now on, which may repeat. */
export function keepRows(batch: GuidedBatch, kept: readonly number[]): void {
  batch.rows = kept.map((row) => batch.rows[row]!);
  for (const pass of batch.passes) keepPassRows(pass, kept, batch.rows);
}

export function disposeBatch({ passes }: Pick<GuidedBatch, "passes">): void {
  passes.forEach(disposePass);
}
