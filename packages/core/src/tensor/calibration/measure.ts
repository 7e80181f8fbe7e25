import { disposeMatrix, frozenProduct, frozenProductBack, type FrozenMatrix } from "../matrix.ts";
import { storedAs } from "../native.ts";
import * as tf from "../tf.ts";
import { MEASURED_PRODUCTS, WEIGHT_SHAPE, type MeasuredProduct } from "./measured-products.ts";
import { MEASURED_TYPES } from "./measured-types.ts";
import type { MeasuredCell } from "./table.ts";

/** No try begins later; the first of each product is always made, or a busy machine would leave gaps for good. */
const BUDGET_MS = 1800;
/** The first try prepares, and a neighbour may disturb one. */
const MOST_TRIES = 5;

/**
 * Times every product in every type on the open engine, types in turn, and keeps the least of some tries: once each (a fifth of
 * a second on an idle core), and again while there is time.
 * What counts is processor time, of all threads: on a busy machine the time on the clock is that of its neighbours.
 * @param clock milliseconds, for the budget; a test brings its own, as of `processor`
 */
export function measureProducts(
  clock: () => number = () => performance.now(),
  processor: () => number = processorMs,
): MeasuredCell[] {
  const deadline = clock() + BUDGET_MS;
  const [outSize, inSize] = WEIGHT_SHAPE;
  const most = Math.max(...MEASURED_PRODUCTS.map(({ weights }) => weights));
  const held = Object.entries(MEASURED_TYPES).map(([type, { hold, trains }]) => ({
    type,
    trains,
    weights: Array.from({ length: most }, () => hold(numbers(WEIGHT_SHAPE))),
  }));
  const cells = new Map<string, MeasuredCell>();
  try {
    for (let round = 0; round < MOST_TRIES; round++) {
      for (const product of MEASURED_PRODUCTS) {
        for (const { type, trains, weights } of held) {
          if (product.job === "training" && !trains) continue;
          const { job, rows } = product;
          const key = `${job} ${rows} ${type}`;
          const before = cells.get(key)?.milliseconds;
          if (before !== undefined && clock() > deadline) continue;
          const milliseconds = timed(product, weights, [outSize, inSize], processor);
          cells.set(key, { job, rows, type, milliseconds: Math.min(milliseconds, before ?? Infinity) });
        }
      }
    }
  } finally {
    for (const { weights } of held) weights.forEach(disposeMatrix);
  }
  return [...cells.values()];
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/** Any numbers, held by the engine already: what JavaScript holds would be copied at the first product. */
const numbers = (shape: [number, number]): tf.Tensor2D => tf.tidy(() => tf.add(tf.ones(shape), 0));

/** Milliseconds of one product, forth and for training back. */
function timed(
  { job, rows, weights: count }: MeasuredProduct,
  weights: readonly FrozenMatrix[],
  [outSize, inSize]: readonly [number, number],
  processor: () => number,
): number {
  return tf.tidy(() => {
    const { type } = weights[0]!;
    const x = storedAs(numbers([rows, inSize]), type);
    const dy = storedAs(numbers([rows, outSize]), type);
    const startedAt = processor();
    for (const weight of weights.slice(0, count)) {
      frozenProduct(x, weight).dispose();
      if (job === "training") frozenProductBack(dy, weight).dispose();
    }
    // a clock may stand still, and a time of nothing compares with nothing
    return Math.max(processor() - startedAt, 1e-3) / count;
  });
}
