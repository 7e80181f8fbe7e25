import type { ListRow } from "./rows.ts";

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

interface Moving {
  scrollTo: (index: number) => void;
  onOpen: (id: string) => void;
}

/** Up and down go from name to name; right opens a study, left closes it or goes from one of its runs to it. */
export function moveFocus(
  event: React.KeyboardEvent<HTMLDivElement>,
  rows: readonly ListRow[],
  { scrollTo, onOpen }: Moving,
): void {
  const row = (event.target as HTMLElement).closest<HTMLElement>("[data-index]");
  if (!row || event.altKey || event.ctrlKey || event.metaKey || event.shiftKey) return;
  const from = Number(row.dataset.index);
  const list = event.currentTarget;
  const focus = (index: number): void => {
    event.preventDefault();
    scrollTo(index);
    requestAnimationFrame(() => list.querySelector<HTMLElement>(`[data-index="${index}"] a`)?.focus());
  };
  const step = STEPS[event.key];
  if (step !== undefined) {
    let to = from + step;
    while (rows[to] !== undefined && !hasLink(rows[to]!)) to += step;
    if (rows[to] === undefined) event.preventDefault();
    else focus(to);
    return;
  }
  const here = rows[from];
  if (here?.type !== "run") return;
  const closes = event.key === "ArrowLeft" && here.isOpen === true;
  if (closes || (event.key === "ArrowRight" && here.isOpen === false)) {
    event.preventDefault();
    onOpen(here.run.id);
  } else if (event.key === "ArrowLeft" && here.below !== null) {
    focus(rows.findLastIndex((one, index) => index < from && one.type === "run" && one.isOpen !== null));
  }
}

const hasLink = (row: ListRow): boolean => row.type === "run" || (row.type === "note" && row.says === "more");
