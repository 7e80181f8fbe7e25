import { bindAdapter, bindLoraStack, tf, type Adapter, type LoraStack, type RowAdapter } from "@uniarm/core";
import { ignoresPreference } from "@uniarm/core/schema";
import { distinctCoefficients, distinctPreferences, distinctPrompts, type DistinctRows } from "./distinct-rows.ts";
import { PRODUCT, type OpenFusion } from "./fusion/open.ts";
import type { DecodingRow } from "./rows.ts";

/** What is run beside the base model: N rows of a batch through an adapter that counts in some of them. */
export interface Lane {
  /** the place of its adapter among the checkpoint's; null: it is made of several */
  readonly arm: number | null;
  /** the rows that it reads apart */
  readonly distinct: (rows: readonly DecodingRow[]) => DistinctRows;
  /** the adapter as these rows see it; for the caller's tidy */
  readonly bind: (rows: readonly DecodingRow[]) => RowAdapter;
  /** how much it counts in a row */
  readonly coefficientOf: (row: DecodingRow) => number;
  /** the place of the one adapter among the checkpoint's that speaks in a row; null where it is a mean of several, or none */
  readonly armOf: (row: DecodingRow) => number | null;
}

/**
 * The lanes of a batch: an adapter with coefficient 0 in every row has no effect and is not run. Rules that make one adapter
 * of several have one lane, whatever the rows' coefficients.
 */
export function lanesOf(
  { arms, fusion = PRODUCT }: { arms: readonly Adapter[]; fusion?: OpenFusion | undefined },
  rows: readonly DecodingRow[],
): Lane[] {
  const lanes = fusion.stack ? [laneOfStack(fusion.stack)] : arms.map(laneOfArm);
  return lanes.filter(({ coefficientOf }) => rows.some((row) => coefficientOf(row) !== 0));
}

/** [L][N]: c_l of each row */
export function coefficientsOf(lanes: readonly Lane[], rows: readonly DecodingRow[]): number[][] {
  return lanes.map(({ coefficientOf }) => rows.map(coefficientOf));
}

function laneOfArm(adapter: Adapter, arm: number): Lane {
  return {
    arm,
    distinct: ignoresPreference(adapter.config) ? distinctPrompts : distinctPreferences,
    bind: (rows) =>
      bindAdapter(adapter, tf.tensor2d(rows.map(({ preference, given }) => [...(given ?? preference ?? [])]))),
    coefficientOf: ({ coefficients }) => coefficients[arm] ?? 0,
    armOf: () => arm,
  };
}

function laneOfStack(stack: LoraStack): Lane {
  const counting = ({ coefficients }: DecodingRow): number[] =>
    [...coefficients.keys()].filter((arm) => coefficients[arm] !== 0);
  const places = Array.from({ length: stack.count }, (_, arm) => arm);
  return {
    arm: null,
    distinct: distinctCoefficients,
    bind: (rows) =>
      bindLoraStack(stack, tf.tensor2d(rows.map(({ coefficients }) => places.map((arm) => coefficients[arm] ?? 0)))),
    coefficientOf: (row) => (counting(row).length > 0 ? 1 : 0),
    armOf: (row) => {
      const [arm, ...others] = counting(row);
      return others.length > 0 ? null : (arm ?? null);
    },
  };
}
