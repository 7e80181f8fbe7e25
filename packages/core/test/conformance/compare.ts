import type { Answer } from "./evaluate.ts";
import type { Tolerance } from "./tolerance.ts";

/** What is wrong with `ours`, the worst element first; null when nothing is. */
export function difference(ours: readonly Answer[], oracle: readonly Answer[], tolerance: Tolerance): string | null {
  if (ours.length !== oracle.length) return `${ours.length} tensors; expected ${oracle.length}`;
  for (const [index, expected] of oracle.entries()) {
    const wrong = differenceOfOne(ours[index]!, expected, tolerance);
    if (wrong) return `tensor ${index}: ${wrong}`;
  }
  return null;
}

function differenceOfOne(ours: Answer, oracle: Answer, tolerance: Tolerance): string | null {
  const kind = ({ dtype, shape }: Answer): string => `${dtype} [${shape.join(", ")}]`;
  if (kind(ours) !== kind(oracle)) return `${kind(ours)}; expected ${kind(oracle)}`;
  let worst = -1;
  let excess = 0;
  oracle.values.forEach((expected, index) => {
    const beyond = excessOf(ours.values[index]!, expected, tolerance);
    if (beyond > excess) [worst, excess] = [index, beyond];
  });
  if (worst < 0) return null;
  const [value, expected] = [ours.values[worst]!, oracle.values[worst]!];
  return (
    `element ${worst} is ${value}; expected ${expected}, off by ${Math.abs(value - expected).toExponential(2)}, ` +
    `${excess.toPrecision(3)} times what is allowed (${tolerance.reason})`
  );
}

/** How many times the allowed error, when it is more than 1 times; NaN only equals NaN, an infinity itself. */
function excessOf(value: number, expected: number, { relative, absolute }: Tolerance): number {
  if (value === expected || (Number.isNaN(value) && Number.isNaN(expected))) return 0;
  if (!Number.isFinite(value) || !Number.isFinite(expected)) return Infinity;
  const times = Math.abs(value - expected) / (absolute + relative * Math.abs(expected));
  return times > 1 ? times : 0;
}
