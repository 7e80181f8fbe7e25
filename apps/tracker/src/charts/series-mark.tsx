import { dashOf, SYMBOLS } from "./colours.ts";

const SERIES = 8;

/** Shapes as charts draw them, in a box of 12. */
const PATHS: Record<(typeof SYMBOLS)[number], string> = {
  circle: "M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1z",
  rect: "M1.5 1.5h9v9h-9z",
  triangle: "M6 1l5.5 10H.5z",
  diamond: "M6 .5L11.5 6 6 11.5.5 6z",
  roundRect: "M3.5 1.5h5a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2h-5a2 2 0 0 1-2-2v-5a2 2 0 0 1 2-2z",
  pin: "M6 11.5C4 8 2.5 6.5 2.5 4.3a3.5 3.5 0 0 1 7 0C9.5 6.5 8 8 6 11.5z",
  arrow: "M6 .5l4.5 11L6 8.5l-4.5 3z",
  emptyCircle: "M6 1a5 5 0 1 0 0 10A5 5 0 0 0 6 1z",
};

/** Colour and shape of a series beside its name, as the chart has them. */
export function SeriesMark({ index }: { index: number }) {
  const symbol = SYMBOLS[index % SYMBOLS.length]!;
  const colour = `var(--series-${(index % SERIES) + 1})`;
  const hollow = symbol === "emptyCircle";
  return (
    <svg viewBox="0 0 12 12" className="inline-block size-3 shrink-0" aria-hidden>
      <path d={PATHS[symbol]} fill={hollow ? "none" : colour} stroke={colour} strokeWidth={hollow ? 2 : 0} />
    </svg>
  );
}

/** Colour and dashes of a line beside its name. */
export function LineMark({ index }: { index: number }) {
  const dash = dashOf(index);
  return (
    <svg viewBox="0 0 24 8" className="h-2 w-6 shrink-0" aria-hidden>
      <path
        d="M0 4h24"
        stroke={`var(--series-${(index % SERIES) + 1})`}
        strokeWidth={2.5}
        {...(dash === "solid" ? {} : { strokeDasharray: dash.join(" ") })}
      />
    </svg>
  );
}
