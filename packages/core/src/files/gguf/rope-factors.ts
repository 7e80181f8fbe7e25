import { UniArmError } from "../../schema/error.ts";
import { storedValues } from "../stored-values.ts";
import type { StoredTensor } from "../stored-tensor.ts";

/** What each frequency of a head is divided by. @throws UniArmError model-tensor-shape */
export function ropeFactors(tensor: StoredTensor, expected: number): number[] {
  const count = tensor.shape.reduce((product, axis) => product * axis, 1);
  if (count === expected) return [...storedValues(tensor)];
  throw new UniArmError(
    "model-tensor-shape",
    `${tensor.path} has ${count} numbers in ${tensor.name}; expected ${expected}, one for each pair of entries of a head.`,
  );
}
