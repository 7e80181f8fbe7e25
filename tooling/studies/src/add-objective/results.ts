import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { z } from "zod";

const DOCS = join(import.meta.dirname, "../../../../docs/studies");
export const RESULTS_FILE = join(DOCS, "add-objective.json");
export const PAGE_FILE = join(DOCS, "add-objective.md");

const Front = z.strictObject({ hypervolume: z.number(), meanInnerProduct: z.number() });

/** One model at one seed. */
export const ArmResult = z.strictObject({
  name: z.string(),
  /** on the grid of the two old objectives, the added one counting nothing */
  old: Front,
  /** on the grid of all three; null where the model knows two */
  all: Front.nullable(),
  /** mean reward of the added objective where it alone counts; null likewise */
  corner: z.number().nullable(),
  /** of its own training, not of the one before */
  seconds: z.number().nullable(),
});
export type ArmResult = z.infer<typeof ArmResult>;

export const AddObjectiveResults = z.strictObject({
  design: z.record(z.string(), z.unknown()),
  machine: z.string(),
  seeds: z.array(z.strictObject({ seed: z.int(), arms: z.array(ArmResult) })),
});
export type AddObjectiveResults = z.infer<typeof AddObjectiveResults>;

export const readResults = async (): Promise<AddObjectiveResults | null> =>
  existsSync(RESULTS_FILE) ? AddObjectiveResults.parse(JSON.parse(await readFile(RESULTS_FILE, "utf8"))) : null;

export const writeResults = (results: AddObjectiveResults): Promise<void> =>
  writeFileAtomically(RESULTS_FILE, `${JSON.stringify(results, null, 1)}\n`);
