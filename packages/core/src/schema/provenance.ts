import { z } from "zod";

const short = z.string().max(500);
/** Commands are cut there: what follows is arguments of one program. */
export const COMMAND_LETTERS = 4000;

/** What git says of a folder. */
export const GitState = z.object({
  commit: z.string().regex(/^[0-9a-f]{40,64}$/, "a commit's hash"),
  isDirty: z.boolean().describe("files that git knows differ from the commit"),
});
export type GitState = z.infer<typeof GitState>;

/** Where somebody asked for a run from: what a command line says of itself. Never its environment. */
export const LaunchedFrom = z.object({
  command: z.string().max(COMMAND_LETTERS).describe("the command line, without what looks like a secret"),
  host: short,
  folder: z.string().max(4000).describe("working folder of the command"),
  git: GitState.nullable().describe("of that folder; null: it is no checkout, or there is no git"),
  version: short.describe("of UniARM there"),
});
export type LaunchedFrom = z.infer<typeof LaunchedFrom>;

/** What an attempt ran with: said by its own process. Never its environment. */
export const Provenance = z.object({
  command: z.string().max(COMMAND_LETTERS).describe("of the process, without what looks like a secret"),
  version: short.describe("of UniARM"),
  git: GitState.nullable().describe("of UniARM's own code; null: it is an installed package"),
  packages: z.record(short, short).describe("versions of what the code stands on, node with them"),
  system: z.object({
    host: short,
    name: short.describe("operating system and its release"),
    architecture: short,
    cpu: short.nullable(),
    cores: z.int().positive().describe("that this process may use"),
    memoryBytes: z.int().positive(),
    gpus: z.array(short).max(64),
  }),
  engine: z
    .object({ name: short, version: short, device: short, threads: z.int().positive() })
    .nullable()
    .describe("what computed tensors; null: nothing did"),
});
export type Provenance = z.infer<typeof Provenance>;
