import { useMemo } from "react";
import { useIsDark } from "../app/theme.ts";

/** The theme's colours as a canvas needs them. */
export interface ChartColours {
  ink: string;
  muted: string;
  line: string;
  surface: string;
  accent: string;
  series: string[];
  font: string;
}

const SERIES = 8;

/** Shapes go with colours, so that a series is told apart without them. */
export const SYMBOLS = ["circle", "rect", "triangle", "diamond", "roundRect", "pin", "arrow", "emptyCircle"] as const;
export const DASHES = ["solid", [8, 4], [2, 3], [10, 3, 2, 3]] as const;

export const symbolOf = (index: number): string => SYMBOLS[index % SYMBOLS.length]!;
/** The first eight lines are solid in eight colours; then the same colours dashed. */
export const dashOf = (index: number): "solid" | number[] => {
  const dash = DASHES[Math.floor(index / SERIES) % DASHES.length]!;
  return typeof dash === "string" ? dash : [...dash];
};

function read(): ChartColours {
  const style = getComputedStyle(document.documentElement);
  const of = (name: string): string => style.getPropertyValue(`--${name}`).trim();
  return {
    ink: of("ink"),
    muted: of("muted"),
    line: of("line"),
    surface: of("surface"),
    accent: of("accent"),
    series: Array.from({ length: SERIES }, (_, index) => of(`series-${index + 1}`)),
    font: getComputedStyle(document.body).fontFamily,
  };
}

/** Changes with the theme. */
export function useChartColours(): ChartColours {
  const isDark = useIsDark();
  return useMemo(() => ({ ...read(), isDark }), [isDark]);
}
