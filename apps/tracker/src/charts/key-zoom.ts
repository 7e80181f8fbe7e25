/** What a key does to the stretch that a chart shows. */
export type Zoom = "in" | "out" | "back" | "forward" | "all";

const KEYS: ReadonlyMap<string, Zoom> = new Map<string, Zoom>([
  ["+", "in"],
  ["=", "in"], // the key of + without Shift
  ["-", "out"],
  ["ArrowLeft", "back"],
  ["ArrowRight", "forward"],
  ["0", "all"],
]);

/** What readers are told of it. */
export const KEY_HINT = "Keys on a chart: + and - zoom, arrows go back and forward, 0 shows all.";

export const zoomOfKey = (event: { key: string; ctrlKey: boolean; metaKey: boolean; altKey: boolean }): Zoom | null =>
  event.ctrlKey || event.metaKey || event.altKey ? null : (KEYS.get(event.key) ?? null);

export interface Steps {
  from: number;
  to: number;
}

/** The steps that are shown after it; null: all of them. */
export function zoomed(zoom: Zoom, { from, to }: Steps, whole: Steps): Steps | null {
  const span = to - from;
  const within = (start: number, width: number): Steps | null => {
    if (width >= whole.to - whole.from) return null;
    const first = Math.round(Math.min(Math.max(start, whole.from), whole.to - width));
    return { from: first, to: first + width };
  };
  const quarter = Math.max(1, Math.round(span / 4));
  switch (zoom) {
    case "in": {
      const width = Math.max(1, Math.round(span / 2));
      return within(from + (span - width) / 2, width);
    }
    case "out":
      return within(from - span / 2, span * 2);
    case "back":
      return within(from - quarter, span);
    case "forward":
      return within(from + quarter, span);
    case "all":
      return null;
  }
}
