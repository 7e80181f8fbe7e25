import { z } from "zod";
import { ObjectiveName } from "./objective.ts";
import { ShippedScorerName } from "./shipped-scorer.ts";

const ProgramObjective = z.strictObject({
  name: ObjectiveName.describe("the objective that the program scores"),
  direction: z.enum(["maximize", "minimize"]).default("maximize").describe("whether larger raw scores are better"),
});

/** The keys of a program that scores; see `ProgramConfig`. */
export const ProgramFields = z.strictObject({
  objectives: z
    .array(ProgramObjective)
    .min(1)
    .max(16)
    .describe("what it scores: with one objective an answer's score is a number, with several a list in this order"),
  command: z
    .array(z.string().min(1))
    .min(1)
    .optional()
    .describe("program and arguments, started without a shell; it reads and writes JSON lines"),
  module: z
    .string()
    .min(1)
    .optional()
    .describe("ES module that exports score(batch), in place of a command; it runs in a Node process of its own"),
  shipped: ShippedScorerName.optional(),
  folder: z.string().min(1).default(".").describe("folder that the program runs in"),
  version: z
    .string()
    .default("")
    .describe(
      "known scores are used again while the command, the files that it names and this are the same: change it when the program judges otherwise for another reason",
    ),
  batchRows: z.int().min(1).max(10_000).default(32).describe("responses in one request"),
  timeoutMs: z
    .int()
    .min(1)
    .max(86_400_000)
    .default(60_000)
    .describe("how long a request may take; the first one includes the program's start"),
  memoryMb: z
    .int()
    .min(16)
    .optional()
    .describe(
      "limit of memory: of a module its JavaScript heap (--max-old-space-size), of a command the address space of each of its processes (ulimit -v), which is larger than what it uses; default: none",
    ),
});

interface WhatRuns {
  objectives: readonly unknown[];
  command?: unknown;
  module?: unknown;
  shipped?: unknown;
}

/** Whether exactly one of command, module and shipped says what is run, and one that ships scores one objective. */
export const saysWhatRuns = ({ objectives, command, module, shipped }: WhatRuns): boolean =>
  [command, module, shipped].filter((one) => one !== undefined).length === 1 &&
  (shipped === undefined || objectives.length === 1);
export const SAYS_WHAT_RUNS =
  'a program has "command", "module" or "shipped": give one of them, and with "shipped" one objective';

/** A program that scores responses, of one's own or one that ships, and what holds it in bounds. */
export const ProgramConfig = ProgramFields.refine(saysWhatRuns, SAYS_WHAT_RUNS);
export type ProgramConfig = z.infer<typeof ProgramConfig>;
