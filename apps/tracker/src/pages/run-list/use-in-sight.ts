import { useEffect } from "react";
import type { ListRow } from "./rows.ts";

/** Scrolling is over when rows stand for so long. */
const STILL_MS = 200;

/** Says which runs are in sight, each time that rows come to stand. */
export function useInSight(
  rows: readonly ListRow[],
  range: { startIndex: number; endIndex: number } | null,
  onInSight: ((ids: readonly string[]) => void) | undefined,
): void {
  const [first, last] = [range?.startIndex ?? 0, range?.endIndex ?? 0];
  useEffect(() => {
    if (!onInSight) return;
    const timer = setTimeout(() => {
      const shown = rows.slice(first, last + 1);
      onInSight(shown.flatMap((row) => (row.type === "run" ? [row.run.id] : [])));
    }, STILL_MS);
    return () => clearTimeout(timer);
  }, [rows, first, last, onInSight]);
}
