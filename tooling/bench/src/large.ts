/**
 * `pnpm bench:large`: a Llama of 1.1 billion random bfloat16 weights is written to a temporary folder, loaded in a process of
 * its own and decoded from, with an ARM of rank 8 on q, k and v; prompt included.
 *   --layers N        fewer layers than 22, for a quick look
 *   --new-tokens N    default 32
 *   --base-weights T  how they are held: bfloat16 (the default), int8, int4 or float32
 *   --json FILE       the figures
 *   --markdown FILE   puts them between the document's large-model marks
 */
import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { z } from "zod";
import { BaseWeights, type ModelConfig } from "@uniarm/core/schema";
import { putBetweenMarks } from "./markdown.ts";
import { measure } from "./measure.ts";
import { writeRandomCheckpoint } from "./programs/random-checkpoint.ts";

const { values: flags } = parseArgs({
  options: {
    layers: { type: "string", default: "22" },
    "new-tokens": { type: "string", default: "32" },
    "base-weights": { type: "string", default: "bfloat16" },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});

const Figures = z.object({
  engine: z.string(),
  loadSeconds: z.number(),
  librariesMb: z.number(),
  loadPeakMb: z.number(),
  peakMb: z.number(),
  tokensPerSecond: z.object({ oneVector: z.number(), elevenVectors: z.number() }),
});

/** The shape of TinyLlama-1.1B. */
const CONFIG: ModelConfig = {
  modelType: "llama",
  vocabularySize: 32_000,
  hiddenSize: 2048,
  intermediateSize: 5632,
  layers: Number(flags.layers),
  heads: 32,
  keyValueHeads: 4,
  headSize: 64,
  contextTokens: 2048,
  normEpsilon: 1e-5,
  tiedEmbeddings: false,
  rope: { theta: 10_000, scaling: null },
  slidingWindow: null,
  bosTokenId: 1,
  eosTokenIds: [2],
  padTokenId: null,
};

const baseWeights = BaseWeights.parse(flags["base-weights"]);
const folder = await mkdtemp(join(tmpdir(), "uniarm-large-"));
try {
  const startedAt = performance.now();
  const bytes = await writeRandomCheckpoint(folder, CONFIG);
  process.stderr.write(
    `${(bytes / 1e9).toFixed(2)} GB written in ${((performance.now() - startedAt) / 1000).toFixed(1)} s\n`,
  );
  const program = join(import.meta.dirname, "programs", "load-and-decode.ts");
  const figures = await measure(
    Figures,
    process.execPath,
    [program, folder, flags["new-tokens"], baseWeights],
    availableParallelism(),
  );
  const parameters = bytes / 2;
  const result = {
    parameters,
    baseWeights,
    weightsMb: Math.round(bytes / 1e6),
    threads: availableParallelism(),
    ...figures,
  };
  if (flags.json) writeFileSync(flags.json, `${JSON.stringify(result, null, 2)}\n`);
  const table = [
    "| what | figure |",
    "| --- | --- |",
    `| parameters | ${(parameters / 1e9).toFixed(2)} billion, ${(bytes / 1e9).toFixed(2)} GB in bfloat16 |`,
    `| engine | ${figures.engine}, ${result.threads} threads, base weights ${baseWeights} |`,
    `| load, hash of the file included | ${figures.loadSeconds.toFixed(1)} s |`,
    `| peak memory of loading | ${(figures.loadPeakMb / 1000).toFixed(2)} GB (libraries alone ${(figures.librariesMb / 1000).toFixed(2)} GB) |`,
    `| peak memory in all | ${(figures.peakMb / 1000).toFixed(2)} GB |`,
    `| tokens per second, one preference vector | ${figures.tokensPerSecond.oneVector.toFixed(1)} |`,
    `| tokens per second, 11 preference vectors at once | ${figures.tokensPerSecond.elevenVectors.toFixed(1)} |`,
  ].join("\n");
  process.stdout.write(`${table}\n`);
  if (flags.markdown) putBetweenMarks(flags.markdown, "large", table);
} finally {
  await rm(folder, { recursive: true, force: true });
}
