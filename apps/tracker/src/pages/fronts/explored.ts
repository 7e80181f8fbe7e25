import { Normaliser } from "@uniarm/core/schema";
import type { Front, Outputs } from "../../api/types.ts";
import { dominanceIn, spreadOf } from "./geometry.ts";

export type Optimum = NonNullable<Outputs["fronts"]["optimum"]["optimum"]>;

/** A front as the explorer shows it: one of several that are overlaid. */
export interface Explored {
  front: Front;
  /** number of its colour and shape */
  index: number;
  label: string;
  spread: number;
  undominated: number;
}

/** What fronts that compare have in common. */
export interface Protocol {
  objectives: string[];
  normaliser: Normaliser;
  /** in normalised units, as stored */
  reference: number[];
  /** the same in raw rewards, as charts are */
  rawReference: number[];
}

/** A name that occurs twice gets the name of its run. */
export function exploredOf(fronts: readonly Front[]): Explored[] {
  const isTwice = (name: string): boolean => fronts.filter((front) => front.name === name).length > 1;
  return fronts.map((front, index) => {
    const dominance = dominanceIn(
      front.points.map(({ mean }) => mean),
      front.objectives.map((_, axis) => axis),
    );
    return {
      front,
      index,
      label: isTwice(front.name) ? `${front.name}, ${front.run.name}` : front.name,
      spread: spreadOf(front.points.map(({ normalised }) => normalised)),
      undominated: dominance.filter((one) => one === "none").length,
    };
  });
}

export function protocolOf({ objectives, normaliser, referencePoint }: Front): Protocol {
  const { nadir, ideal } = Normaliser.parse(normaliser);
  return {
    objectives,
    normaliser: { nadir, ideal },
    reference: referencePoint,
    rawReference: referencePoint.map((value, axis) => nadir[axis]! + value * (ideal[axis]! - nadir[axis]!)),
  };
}

export const normalisedBy = ({ nadir, ideal }: Normaliser, mean: readonly number[]): number[] =>
  mean.map((value, axis) => (value - nadir[axis]!) / (ideal[axis]! - nadir[axis]!));

export const preferenceText = (preference: readonly number[]): string =>
  `(${preference.map((entry) => Number(entry.toFixed(3))).join(", ")})`;
