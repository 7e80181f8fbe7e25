import { openWeights } from "../files/sharded.ts";
import { nativeOps } from "../tensor/native.ts";
import { isBlockFormat, QUANTIZED_WEIGHTS, type QuantizedWeights } from "../tensor/quantized.ts";

/**
 * What holds a model's matrices as its files have them: int8 or int4 where most of their numbers are in blocks that the
 * engine's products read (a GGUF file, a folder of `uniarm models quantize`), null elsewhere, and on an engine without those
 * products. The engine has to be open.
 * @throws UniArmError as `openWeights` does
 */
export async function weightsAsStored(folder: string): Promise<QuantizedWeights | null> {
  if (nativeOps() === null) return null;
  const numbers: Record<string, number> = {};
  for (const { dtype, shape } of (await openWeights(folder)).tensors.values())
    if (shape.length > 1) numbers[dtype] = (numbers[dtype] ?? 0) + shape.reduce((product, axis) => product * axis, 1);
  const [most] = Object.entries(numbers).toSorted(([, one], [, other]) => other - one)[0] ?? [""];
  if (!isBlockFormat(most)) return null;
  return most === QUANTIZED_WEIGHTS.int8 ? "int8" : "int4";
}
