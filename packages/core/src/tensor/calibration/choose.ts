import type { FloatType } from "../native.ts";
import { MEASURED_PRODUCTS, type Job } from "./measured-products.ts";
import { MEASURED_TYPES } from "./measured-types.ts";
import type { MeasuredCell } from "./table.ts";

/** float32 is exact: what is not faster by this much does not take its place, and noise does not decide. */
const WORTH_ROUNDING = 0.9;

/**
 * The type that base weights have by default for a job: the fastest of those that may be a default, by the geometric mean of
 * their times over the job's products against float32's. Null where the table lacks what the choice needs.
 */
export function fastestType(cells: readonly MeasuredCell[], job: Job): FloatType | null {
  let best: { type: string; ratio: number } = { type: "float32", ratio: 1 };
  for (const [type, { byDefault }] of Object.entries(MEASURED_TYPES)) {
    if (!byDefault) continue;
    const ratio = ratioToFloat32(cells, job, type);
    if (ratio === null) return null;
    if (ratio < WORTH_ROUNDING && ratio < best.ratio) best = { type, ratio };
  }
  return best.type as FloatType;
}

/** Below 1: faster than float32. */
function ratioToFloat32(cells: readonly MeasuredCell[], job: Job, type: string): number | null {
  const own = MEASURED_PRODUCTS.filter((product) => product.job === job);
  const timeOf = (rows: number, of: string): number | undefined =>
    cells.find((cell) => cell.job === job && cell.rows === rows && cell.type === of)?.milliseconds;
  let logs = 0;
  for (const { rows } of own) {
    const [time, exact] = [timeOf(rows, type), timeOf(rows, "float32")];
    if (time === undefined || exact === undefined) return null;
    logs += Math.log(time / exact);
  }
  return Math.exp(logs / own.length);
}
