import { UniArmError } from "@uniarm/core/schema";

/**
 * Spearman's rank correlation, ties at their average rank; null where it is undefined (fewer than two values, or all equal).
 * @throws UniArmError spearman-input when the lengths differ or a value is not finite
 */
export function spearman(first: readonly number[], second: readonly number[]): number | null {
  if (first.length !== second.length || ![...first, ...second].every(Number.isFinite)) {
    throw new UniArmError(
      "spearman-input",
      `Got [${first.join(", ")}] and [${second.join(", ")}]; rank correlation needs two lists of finite numbers of one length.`,
    );
  }
  const middle = (first.length + 1) / 2; // the mean rank
  const [one, other] = [ranks(first), ranks(second)].map((list) => list.map((rank) => rank - middle)) as [
    number[],
    number[],
  ];
  const product = (left: number[], right: number[]): number =>
    left.reduce((sum, value, index) => sum + value * right[index]!, 0);
  const scale = Math.sqrt(product(one, one) * product(other, other));
  return scale === 0 ? null : product(one, other) / scale;
}

/** Rank of each value, from 1; equal values share the mean of their ranks. */
function ranks(values: readonly number[]): number[] {
  return values.map((value) => {
    const below = values.filter((other) => other < value).length;
    const equal = values.filter((other) => other === value).length;
    return below + (equal + 1) / 2;
  });
}
