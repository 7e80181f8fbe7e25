import { isTensorFlow, nativeOps, tensorFlowBinding, type FloatType } from "../native.ts";
import { calibrationPath, canBeKept, publishCalibration, readCalibration } from "./cache.ts";
import { fastestType } from "./choose.ts";
import { thisMachine } from "./machine.ts";
import { measureApart } from "./measure-apart.ts";
import type { MeasuredCell } from "./table.ts";

/** What base weights are by default on the open engine, and why. */
export interface Calibration {
  training: FloatType;
  decoding: FloatType;
  reason: string;
  /** what was measured; empty where nothing had to be */
  cells: MeasuredCell[];
}

let known: Calibration | null = null;

/**
 * Reads what this machine measured before, or measures, at most two seconds once for a machine and a build of the engine. Where
 * it cannot be kept nothing is measured, for the next process could find otherwise: the CPU's flags decide.
 */
export function calibration(): Calibration {
  known ??= calibrate();
  return known;
}

function calibrate(): Calibration {
  if (!isTensorFlow()) return allOf("float32", "the wasm engine has no other type");
  if (tensorFlowBinding().isUsingGpuDevice()) return allOf("bfloat16", "a GPU multiplies it");
  const own = nativeOps();
  if (!own) return allOf("float32", "the engine is without the project's own operations");
  const byFlags = own.bfloat16 ? "bfloat16" : "float32";
  const machine = thisMachine();
  const path = calibrationPath(machine);
  let cells = readCalibration(path, machine);
  if (cells === null) {
    if (!canBeKept(path)) return allOf(byFlags, `by the CPU's flags, for ${path} cannot be written`);
    const measured = measureApart();
    cells = measured && publishCalibration(path, machine, measured);
  }
  if (cells === null) return allOf(byFlags, "by the CPU's flags, for the measuring failed");
  const [training, decoding] = [fastestType(cells, "training"), fastestType(cells, "decoding")];
  const isWhole = training !== null && decoding !== null;
  return {
    training: training ?? byFlags,
    decoding: decoding ?? byFlags,
    reason: isWhole ? "the fastest of those measured here" : "by the CPU's flags where too little could be measured",
    cells,
  };
}

const allOf = (type: FloatType, reason: string): Calibration => ({
  training: type,
  decoding: type,
  reason,
  cells: [],
});
