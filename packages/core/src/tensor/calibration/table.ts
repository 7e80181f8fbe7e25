import { z } from "zod";

/** What a measurement holds for: another CPU, another build of the engine or other threads are measured anew. */
export const CalibratedMachine = z.strictObject({
  cpu: z.string(),
  /** what the CPU can do, as a hash of its flags */
  features: z.string(),
  cores: z.int().positive(),
  threads: z.int().positive(),
  engine: z.string(),
});
export type CalibratedMachine = z.infer<typeof CalibratedMachine>;

export const MeasuredCell = z.strictObject({
  job: z.enum(["training", "decoding"]),
  rows: z.int().positive(),
  type: z.string(),
  /** processor time of the product, the least of all tries */
  milliseconds: z.number().positive(),
});
export type MeasuredCell = z.infer<typeof MeasuredCell>;

/** What one machine measured, as the cache keeps it. */
export const CalibrationFile = z.strictObject({
  format: z.literal("uniarm-calibration"),
  formatVersion: z.literal(1),
  machine: CalibratedMachine,
  cells: z.array(MeasuredCell),
});
export type CalibrationFile = z.infer<typeof CalibrationFile>;
