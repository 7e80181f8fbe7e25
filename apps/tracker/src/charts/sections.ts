import { lossesFirst } from "./losses-first.ts";

/** Metrics whose names begin alike: train/loss and train/rate are of the section train, and so is train itself. */
export interface Section {
  /** as the address has it; with a slash where it is not the beginning of names */
  id: string;
  title: string;
  /** its metrics that are chosen */
  drawn: readonly string[];
  /** its other metrics */
  rest: readonly string[];
}

export const PINNED = "/pinned";
const OTHERS = "/others";
const TITLES: Readonly<Record<string, string>> = { [PINNED]: "Pinned", [OTHERS]: "General" };
/** What processes used is looked at last. */
const LAST = "system";

/** All metrics by section, pinned ones first, then losses; within a section as they were chosen. */
export function sectionsOf(
  all: readonly string[],
  chosen: readonly string[],
  pinned: readonly string[] = [],
): Section[] {
  const names = [...new Set([...chosen, ...lossesFirst(all)])];
  const beginnings = new Set(names.flatMap((key) => beginningOf(key) ?? []));
  const known = new Set(names);
  const pins = new Set(pinned.filter((key) => known.has(key)));
  const ordered = [...pins, ...lossesFirst(names).filter((key) => !pins.has(key))];
  const sectionOf = (key: string): string =>
    pins.has(key) ? PINNED : (beginningOf(key) ?? (beginnings.has(key) ? key : OTHERS));
  const isChosen = new Set(chosen);
  const groups = [...Map.groupBy(ordered, sectionOf)];
  const isLast = ([id]: (typeof groups)[number]): number => (id === LAST ? 1 : 0);
  return groups
    .toSorted((one, other) => isLast(one) - isLast(other))
    .map(([id, keys]) => {
      const drawn = keys.filter((key) => isChosen.has(key));
      return {
        id,
        title: TITLES[id] ?? id,
        drawn: id === PINNED ? drawn : chosen.filter((key) => drawn.includes(key)),
        rest: keys.filter((key) => !isChosen.has(key)),
      };
    });
}

/** What stands before the first slash. */
function beginningOf(key: string): string | null {
  const at = key.indexOf("/");
  return at > 0 ? key.slice(0, at) : null;
}

/** Metrics whose charts are in sight: those of folded sections are not asked for. */
export const unfolded = (sections: readonly Section[], folded: ReadonlySet<string>): string[] =>
  sections.flatMap(({ id, drawn }) => (folded.has(id) ? [] : drawn));
