import { distance } from "fastest-levenshtein";

/** The known name that takes the fewest changes, where it takes few; null where none is near. */
export function nearest(name: string, known: readonly string[]): string | null {
  const ranked = known
    .map((one) => ({ one, changes: distance(name.toLowerCase(), one.toLowerCase()) }))
    .sort((a, b) => a.changes - b.changes);
  const [best] = ranked;
  return best && best.changes <= Math.max(2, Math.floor(name.length / 3)) ? best.one : null;
}
