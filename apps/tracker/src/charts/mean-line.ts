import type { MetricLine } from "./metric-lines.ts";

/**
 * The mean of several lines with the smallest and the largest of them around it, step by step, where all of them have points;
 * between its points a line is straight. One line stays as it is.
 */
export function meanLine(name: string, mark: number, lines: readonly [MetricLine, ...MetricLine[]]): MetricLine {
  const [first, ...others] = lines;
  if (others.length === 0) return { ...first, name, mark };
  const curves = lines.map(({ series }) => curveOf(series.step, series.value));
  const from = Math.max(...curves.map(({ at }) => at[0] ?? Infinity));
  const to = Math.min(...curves.map(({ at }) => at.at(-1) ?? -Infinity));
  const step = [...new Set(curves.flatMap(({ at }) => at))].filter((one) => one >= from && one <= to);
  step.sort((one, other) => one - other);
  const values = curves.map((curve) => step.map(along(curve)));
  const ofEach = (sum: (all: number[]) => number): number[] =>
    step.map((_, point) => sum(values.map((line) => line[point]!)));
  const mean = (all: readonly number[]): number => all.reduce((total, one) => total + one, 0) / all.length;
  const places = lines.map(({ series, x }) => x && step.map(along(curveOf(series.step, x))));
  const { time: _, ...common } = first.series; // each of them was measured at its own
  return {
    name,
    mark,
    meanOf: lines.length,
    ...(places.every((one) => one !== undefined)
      ? { x: step.map((_, point) => known(mean(places.map((one) => one[point]!)))) }
      : {}),
    series: {
      ...common,
      step,
      value: ofEach(mean),
      min: ofEach((all) => Math.min(...all)),
      max: ofEach((all) => Math.max(...all)),
      count: step.map(() => lines.length),
      total: lines.reduce((total, { series }) => total + series.total, 0),
      exact: lines.every(({ series }) => series.exact),
      nonFinite: lines.flatMap(({ series }) => series.nonFinite),
    },
  };
}

interface Curve {
  at: number[];
  value: number[];
}

/** Its points without gaps. */
function curveOf(at: readonly number[], values: readonly (number | null)[]): Curve {
  const points = at.flatMap((one, index) => (values[index] == null ? [] : [[one, values[index]] as const]));
  return { at: points.map(([one]) => one), value: points.map(([, value]) => value) };
}

/** Its value at ascending places; NaN before its first and after its last point. */
function along({ at, value }: Curve): (place: number) => number {
  let next = 0;
  return (place) => {
    if (at.length === 0 || place < at[0]! || place > at.at(-1)!) return NaN;
    while (next < at.length - 1 && at[next]! < place) next += 1;
    const before = Math.max(0, next - 1);
    const span = at[next]! - at[before]!;
    const share = span === 0 ? 1 : (place - at[before]!) / span;
    return value[before]! + share * (value[next]! - value[before]!);
  };
}

const known = (value: number): number | null => (Number.isFinite(value) ? value : null);
