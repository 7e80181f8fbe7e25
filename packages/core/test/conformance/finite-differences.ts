import type { ConformanceCase, TensorValues } from "./case.ts";
import { forward, upstream, type Answer } from "./evaluate.ts";

/**
 * Wide, so that the rounding of float32 outputs (2^-24 of them, divided by the step) stays near 1e-5; a power of two, so
 * that it moves values around 1 exactly. The five-point formula's own error, step^4 / 30 times the fifth derivative, is
 * 3e-8 of it.
 */
const STEP = 2 ** -5;
const STENCIL = [
  [-2, 1 / 12],
  [-1, -8 / 12],
  [1, 8 / 12],
  [2, -1 / 12],
] as const;

/** Elements looked at when a case names none. */
const PROBES = 24;

export interface Slope {
  input: number;
  element: number;
  value: number;
  /** what rounding of the outputs and the formula may have changed */
  uncertainty: number;
}

/** Slopes of sum(upstream * outputs), added up in float64, along elements of the differentiable inputs. */
export function slopes({ run, reference, inputs, differentiable = [], probes }: ConformanceCase): Slope[] {
  const f = reference ?? run;
  return differentiable.flatMap((input, place) => {
    const size = inputs[input]!.values.length;
    return (probes?.[place] ?? spread(size)).map((element) => slopeAt(f, inputs, input, element));
  });
}

function slopeAt(f: ConformanceCase["run"], inputs: readonly TensorValues[], input: number, element: number): Slope {
  const at = inputs[input]!.values[element]!;
  let value = 0;
  let noise = 0;
  for (const [steps, weight] of STENCIL) {
    const moved = [...inputs];
    const values = [...inputs[input]!.values];
    values[element] = Math.fround(at + steps * STEP);
    moved[input] = { ...inputs[input]!, values };
    const { score, rounding } = scoreOf(forward(f, moved));
    value += (weight * score) / STEP;
    noise += (Math.abs(weight) * rounding) / STEP;
  }
  return { input, element, value, uncertainty: 1e-4 * Math.max(1, Math.abs(value)) + noise };
}

/** The score, and four standard deviations of what rounding each output to float32 a few times does to it. */
function scoreOf(outputs: readonly Answer[]): { score: number; rounding: number } {
  const weights = upstream(outputs.reduce((sum, { values }) => sum + values.length, 0));
  let place = 0;
  let score = 0;
  let squares = 0;
  for (const { values } of outputs) {
    for (const value of values) {
      const weight = weights[place++]!;
      const part = weight === 0 ? 0 : weight * value; // an infinite output may go without a gradient
      score += part;
      squares += part * part;
    }
  }
  return { score, rounding: 4 * 2 ** -24 * Math.sqrt(squares) };
}

function spread(size: number): number[] {
  const count = Math.min(size, PROBES);
  return Array.from({ length: count }, (_, index) => Math.floor((index * size) / count));
}
