import { setImmediate } from "node:timers/promises";
import { advance, canJoin, disposeBatch, joinBatches, keepRows, prefill, type GuidedBatch } from "../guided-batch.ts";
import { disposeLogits } from "../guided-logits.ts";
import type { GuidedModel } from "../guided-model.ts";
import { disposeStates, logitsOfRows, type GuidedStates } from "../guided-states.ts";
import { readTokenLogProbs, type ReadTokens } from "../token-log-probs.ts";
import { chooseEach } from "./choose-each.ts";
import { addToken, end, fail, type LiveRow } from "./live-row.ts";

/** Rows that advance together, a token at a time. */
export interface Cohort {
  guided: GuidedModel;
  batch: GuidedBatch;
  rows: LiveRow[];
  /** null while tokens are chosen from it */
  next: GuidedStates | null;
}

/** Reads the prompts of rows under one rule of fusion in one pass; null when that failed, and the rows with it. */
export function startCohort(guided: GuidedModel, rows: LiveRow[]): Cohort | null {
  try {
    const { batch, next } = prefill(
      guided,
      rows.map(({ row }) => row),
      Math.max(...rows.map(({ request }) => request.maxNewTokens)),
      true, // every token is shown beside what the base model says of it
    );
    for (const live of rows) live.batchRows = rows.length;
    return { guided, batch, rows, next };
  } catch (error) {
    for (const live of rows) fail(live, error);
    return null;
  }
}

/**
 * Has the rows of another cohort go on with its own, whatever they have read so far. Never throws: where it fails, so do all rows, and nothing is left of either.
 * @returns whether it has them; else nothing is changed
 */
export function joinCohort(cohort: Cohort, other: Cohort): boolean {
  if (cohort.guided !== other.guided || !canJoin(cohort.batch, other.batch)) return false;
  try {
    cohort.next = joinBatches(cohort.batch, other.batch, { own: cohort.next!, others: other.next! });
    cohort.rows = [...cohort.rows, ...other.rows];
  } catch (error) {
    for (const live of [...cohort.rows, ...other.rows]) fail(live, error);
    cohort.rows = [];
    for (const { batch, next } of [cohort, other]) {
      disposeBatch(batch);
      if (next) disposeStates(next);
    }
  }
  return true;
}

/** One token for every row of the cohort; rows that ended or were abandoned are out of it afterwards. Never rejects. */
export async function addTokens(cohort: Cohort): Promise<void> {
  const { guided, batch, rows } = cohort;
  try {
    const { ids, chosen, runnersUp } = await chooseAndRead(guided, cohort);
    disposeStates(cohort.next!);
    cohort.next = null;
    rows.forEach((live, place) => addToken(live, chosen[place]!, runnersUp[place]!, guided.eosTokenIds));
    await setImmediate();

    for (const live of rows) if (live.abandoned && !live.ended) end(live, "cancelled");
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
  if (cohort.next) disposeStates(cohort.next);
  cohort.next = null;
  disposeBatch(batch);
}

/** The rows' next tokens, with what base and ARMs say of them and of the runners-up. */
async function chooseAndRead(
  guided: GuidedModel,
  { next, rows, batch }: Cohort,
): Promise<ReadTokens & { ids: number[] }> {
  const logits = logitsOfRows(next!, { apart: true });
  try {
    const ids = await chooseEach(logits, rows, guided.eosTokenIds);
    return { ids, ...(await readTokenLogProbs(logits, ids, batch, guided.arms.length)) };
  } finally {
    disposeLogits(logits);
  }
}
