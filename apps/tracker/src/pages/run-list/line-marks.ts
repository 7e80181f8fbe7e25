/**
 * Which colour and dashes each drawn run has. A run keeps its own as long as it is drawn, and no two have the same
 * (up to the 32 that there are).
 */
export function marksOf(before: ReadonlyMap<string, number>, ids: readonly string[]): Map<string, number> {
  const marks = new Map<string, number>();
  for (const id of ids) {
    const own = before.get(id);
    if (own !== undefined) marks.set(id, own);
  }
  const taken = new Set(marks.values());
  let free = 0;
  for (const id of ids) {
    if (marks.has(id)) continue;
    while (taken.has(free)) free += 1;
    taken.add(free);
    marks.set(id, free);
  }
  return marks;
}
