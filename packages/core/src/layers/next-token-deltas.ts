import { executeOp, type FloatType } from "../tensor/native.ts";
import * as tf from "../tensor/tf.ts";
import type { ModuleDelta } from "./adapter-rows.ts";

/** A delta, the rows of the batch that it acts on, and the first column of the output that it is added to. */
interface Placed {
  delta: ModuleDelta;
  start: number;
  count: number;
  part: { column: number };
}

/** Numbers that native/ops-next-token-deltas.cc knows the forms by. */
const FORMS = { scale: 0, "scale-and-shift": 1, core: 2 } as const;

/** Whether the engine adds this delta for one token of each row in one call with the others. */
export const isForNextToken = ({ delta }: Placed): boolean =>
  delta.up !== null && delta.innerForm !== undefined && delta.modulateOutput === null && !delta.dropInput;

/**
 * Adds to out [B, out], in place, what the deltas make of x [B, in], one token a row; both stored as `type`. Not differentiable.
 * @param deltas such as `isForNextToken`
 */
export function addNextTokenDeltas(out: tf.Tensor2D, x: tf.Tensor2D, type: FloatType, deltas: readonly Placed[]): void {
  const places = deltas.flatMap(({ delta, start, count, part }) => [start, count, part.column, FORMS[formOf(delta)]]);
  const parts = deltas.flatMap(({ delta: { down, up, modulation } }) => {
    const [first, second = first] = modulation;
    return [down, up!, first!, second!];
  });
  const attributes = { T: { type }, N: { int: parts.length } } as const;
  executeOp("UniarmNextTokenDeltas", attributes, [x, out, tf.tensor1d(Int32Array.from(places), "int32"), ...parts], 0);
}

const formOf = ({ innerForm, modulation }: ModuleDelta): keyof typeof FORMS => {
  if (innerForm === "core") return "core";
  return modulation.length > 1 ? "scale-and-shift" : "scale";
};
