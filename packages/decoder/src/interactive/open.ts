import { setImmediate } from "node:timers/promises";
import { UniArmError, type Fusion } from "@uniarm/core/schema";
import { effectOf } from "../fusion/open.ts";
import { fusedBy, type GuidedModel } from "../guided-model.ts";
import { addTokens, joinCohort, startCohort, type Cohort } from "./cohort.ts";
import { end, eventsOf, liveRow, type LiveRow } from "./live-row.ts";
import type { InteractiveEvent, InteractiveRequest } from "./request.ts";

export interface Interactive {
  /**
   * Adds a row; it is decoded whether or not its events are read. Its last event is `end`, also when the signal is aborted
   * or its reader stops early: the row then leaves its batch before the next token.
   * @throws UniArmError at once for a preference, prompt, length or fusion that the model cannot take; from the stream decode-not-finite
   */
  ask: (request: InteractiveRequest, signal?: AbortSignal) => AsyncGenerator<InteractiveEvent, void>;
  /** Rows that are being decoded, and rows that wait for room. */
  counts: () => { rows: number; waiting: number; batches: number };
  /** Cancels all rows and frees their batches; the model stays the caller's. */
  close: () => Promise<void>;
}

/**
 * Decodes requests that come at any time. Those that wait between two tokens have their prompts read together, whatever their
 * preferences and sampling, and go on with the rows that are being decoded; rows leave as they end. Those of different rules
 * of fusion, or by different ARMs, are in batches of their own, which take turns, a token at a time.
 * @param options.maxRows rows decoded at once; the others wait in the order they came
 */
export function openInteractive(guided: GuidedModel, { maxRows }: { maxRows: number }): Interactive {
  const waiting: LiveRow[] = [];
  const cohorts: Cohort[] = [];
  let current: Cohort | null = null;
  let running = false;
  let loop: Promise<void> = Promise.resolve();
  let closed = false;

  /** The model under each rule of fusion that was asked for, by what the rule does. */
  const views = new Map([[keyOf(guided.fusion.settings), guided]]);
  const viewOf = (fusion: Fusion | undefined): GuidedModel => {
    if (!fusion) return guided;
    const known = guided.checkpoint ? views.get(keyOf(fusion)) : undefined;
    const view = known ?? fusedBy(guided, fusion);
    views.set(keyOf(fusion), view);
    return view;
  };

  const allCohorts = (): Cohort[] => [...cohorts, ...(current ? [current] : [])];
  const rowsLive = (): number => allCohorts().reduce((sum, { rows }) => sum + rows.length, 0);

  /** Those that wait and fit become a cohort. */
  const admit = (): void => {
    for (const live of waiting.filter(({ abandoned }) => abandoned)) end(live, "cancelled");
    const staying = waiting.filter(({ ended }) => !ended);
    const taken = staying.splice(0, Math.max(0, maxRows - rowsLive()));
    waiting.splice(0, waiting.length, ...staying);
    for (const [view, rows] of Map.groupBy(taken, (live) => live.guided)) {
      const cohort = startCohort(view, rows);
      if (cohort && !cohorts.some((other) => joinCohort(other, cohort))) cohorts.push(cohort);
    }
    const failed = cohorts.findIndex(({ rows }) => rows.length === 0);
    if (failed >= 0) cohorts.splice(failed, 1);
  };

  const run = async (): Promise<void> => {
    for (;;) {
      await setImmediate(); // requests and cancellations that have come by now count for this token
      admit();
      current = cohorts.shift() ?? null;
      if (!current) {
        running = false; // in the same tick, so that the next request starts the loop again
        return;
      }
      await addTokens(current);
      if (current.rows.length > 0) cohorts.push(current);
      current = null;
    }
  };

  return {
    ask: (request, signal) => {
      if (closed) throw new UniArmError("interactive-closed", "The model was closed: open it again to ask it.");
      const live = liveRow(viewOf(request.fusion), request);
      const abandon = (): void => {
        live.abandoned = true;
      };
      if (signal?.aborted) abandon();
      else signal?.addEventListener("abort", abandon, { once: true });
      waiting.push(live);
      if (!running) {
        running = true;
        loop = run();
      }
      return eventsOf(live, () => {
        abandon();
        signal?.removeEventListener("abort", abandon);
      });
    },
    counts: () => ({ rows: rowsLive(), waiting: waiting.length, batches: allCohorts().length }),
    close: async () => {
      closed = true;
      for (const live of [...waiting, ...allCohorts().flatMap(({ rows }) => rows)]) live.abandoned = true;
      await loop;
      for (const { fusion } of views.values()) if (fusion !== guided.fusion) fusion.stack?.dispose();
    },
  };
}

const keyOf = (fusion: Fusion): string => JSON.stringify(effectOf(fusion));
