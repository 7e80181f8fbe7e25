/** Names of metrics, losses before the others: they are looked at most. */
export function lossesFirst(keys: readonly string[]): string[] {
  const isLoss = (key: string): number => (key.startsWith("loss") ? 0 : 1);
  return keys.toSorted((one, other) => isLoss(one) - isLoss(other));
}
