import type { Adapter } from "@uniarm/core";
import type { DecodingRow } from "./rows.ts";

/** An ARM that counts in some row of the batch; `arm` is its place among the checkpoint's. */
export interface Lane {
  readonly adapter: Adapter;
  readonly arm: number;
}

/** The lanes of a batch: an ARM with coefficient 0 in every row has no effect and is not run. */
export function lanesOf(arms: readonly Adapter[], rows: readonly DecodingRow[]): Lane[] {
  const lanes = arms.map((adapter, arm): Lane => ({ adapter, arm }));
  return lanes.filter(({ arm }) => rows.some((row) => (row.coefficients[arm] ?? 0) !== 0));
}

/** [L][N]: c_l of each row */
export function coefficientsOf(lanes: readonly Lane[], rows: readonly DecodingRow[]): number[][] {
  return lanes.map(({ arm }) => rows.map((row) => row.coefficients[arm] ?? 0));
}
