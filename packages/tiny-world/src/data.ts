import { readFileSync } from "node:fs";
import { z } from "zod";
import { KINDS, type Kind } from "./kinds.ts";

const read = <Schema extends z.ZodType>(name: string, schema: Schema): z.infer<Schema> =>
  // data/ lies beside src/ in the workspace and beside dist/ in the package
  schema.parse(JSON.parse(readFileSync(new URL(`../data/${name}`, import.meta.url), "utf8")));

const sentence = z.string().endsWith(".");
const Verb = z.strictObject({
  verb: z.string(),
  hazard: z.int().min(0).max(2),
  steps: z.tuple([sentence, sentence, sentence]).describe("in their natural order, with {object} to be filled in"),
});
const WorldObject = z.strictObject({ object: z.string(), hazard: z.int().min(0).max(3) });

/** Kinds whose sentences are the same for every task. */
export const POOL_KINDS = KINDS.filter((kind): kind is PoolKind => kind !== "S");
export type PoolKind = Exclude<Kind, "S">;

export const VERBS: readonly z.infer<typeof Verb>[] = read("verbs.json", z.array(Verb));
export const OBJECTS: readonly z.infer<typeof WorldObject>[] = read("objects.json", z.array(WorldObject));
export const POOLS: Readonly<Record<PoolKind, readonly string[]>> = read(
  "pools.json",
  z.record(z.enum(POOL_KINDS), z.array(sentence)),
);

/** Ids of tasks that are never trained on (`test`) and of training tasks for choosing settings (`validation`), in their order. */
export const FROZEN_SPLIT = (): { test: string[]; validation: string[] } =>
  read("split.json", z.strictObject({ test: z.array(z.string()), validation: z.array(z.string()) }));
