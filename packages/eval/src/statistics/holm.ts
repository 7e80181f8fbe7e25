/**
 * Holm's adjusted p-values of a family of tests, in the order given: the smallest is multiplied by the number of tests, the next
 * by one less, and none falls below one before it. Rejecting where the adjusted value is at most alpha keeps the probability of
 * any false rejection in the family at alpha, whatever the dependence. Holm: A Simple Sequentially Rejective Multiple Test
 * Procedure (Scandinavian Journal of Statistics 6, 1979).
 */
export function holm(pValues: readonly number[]): number[] {
  const order = [...pValues.keys()].sort((one, other) => pValues[one]! - pValues[other]!);
  const adjusted = new Array<number>(pValues.length);
  let largest = 0;
  for (const [rank, index] of order.entries()) {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValues[index]!));
    adjusted[index] = largest;
  }
  return adjusted;
}
