/** Widths of columns that a reader has changed, as an address has them: state:180 */
export type ColumnWidths = ReadonlyMap<string, number>;

/** The name before all columns has a width, too. */
export const NAME_COLUMN = "name";
export const NAME_PX = 200;
const LEAST_PX = 60;
const MOST_PX = 1200;
/** What a press on wider or narrower changes. */
export const WIDTH_STEP_PX = 20;

export const boundedWidth = (px: number): number => Math.round(Math.min(MOST_PX, Math.max(LEAST_PX, px)));

/** Items that are no width are left out: an old link still opens. */
export function readWidths(items: readonly string[]): Map<string, number> {
  return new Map(
    items.flatMap((item): [string, number][] => {
      const [, name, px] = /^(.+):(\d{1,5})$/s.exec(item) ?? [];
      return name === undefined ? [] : [[name, boundedWidth(Number(px))]];
    }),
  );
}

export const widthItems = (widths: ColumnWidths): string[] => [...widths].map(([name, px]) => `${name}:${px}`);

/** The list with one of its items at the place of another. */
export function movedTo<Item>(items: readonly Item[], item: Item, place: number): Item[] {
  const others = items.filter((one) => one !== item);
  return [...others.slice(0, place), item, ...others.slice(place)];
}
