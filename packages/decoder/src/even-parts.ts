/** So many things in order, cut into as few parts as hold at most `most` each, and those nearly equal. */
export function evenParts(count: number, most: number): { start: number; end: number }[] {
  const parts = Math.max(1, Math.ceil(count / Math.max(1, most)));
  const startOf = (part: number): number => Math.floor((part * count) / parts);
  return Array.from({ length: parts }, (_, part) => ({ start: startOf(part), end: startOf(part + 1) }));
}
