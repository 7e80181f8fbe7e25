import * as tf from "../../src/tensor/tf.ts";
import type { ConformanceCase } from "./case.ts";
import { forward, gradients, type Answer } from "./evaluate.ts";
import { slopes, type Slope } from "./finite-differences.ts";

/** What the plain JavaScript backend says to a case. */
export interface OracleAnswer {
  outputs: Answer[];
  gradients: Answer[];
  slopes: Slope[];
}

/**
 * Asks the `cpu` backend in this process, and leaves the engine that was active as it was. Sound because nothing is
 * shared: every tensor is made from numbers, read back and freed while one backend is active.
 */
export async function askOracle(cases: readonly ConformanceCase[]): Promise<Map<string, OracleAnswer>> {
  const engine = tf.getBackend();
  const production = tf.env().getBool("PROD");
  tf.env().set("PROD", true); // no advice to install a faster backend
  await import("@tensorflow/tfjs-backend-cpu");
  await tf.setBackend("cpu");
  try {
    return new Map(cases.map((one) => [one.name, answerTo(one)]));
  } finally {
    tf.env().set("PROD", production);
    await tf.setBackend(engine);
  }
}

function answerTo(one: ConformanceCase): OracleAnswer {
  const { name, run, reference = run, inputs, differentiable = [] } = one;
  try {
    return {
      outputs: forward(reference, inputs),
      gradients: differentiable.length > 0 ? gradients(reference, inputs, differentiable) : [],
      slopes: slopes(one),
    };
  } catch (cause) {
    throw new Error(`The oracle cannot answer the case "${name}": ${String(cause)}`, { cause });
  }
}
