/**
 * `pnpm bench:weights`: what narrow base weights cost in decoding: one token of 1, 12 and 48 rows of `decode.medium` in float32,
 * bfloat16, int8 and int4, and a small real model unguided beside node-llama-cpp on the same GGUF file, in turn.
 *   --model NAME      a GGUF file or pulled model for the second part (default smollm2-135m: uniarm models pull smollm2-135m)
 *   --repeats N       processes of each program (default 2)
 *   --size NAME       of the first part (default medium)
 *   --json FILE       the figures
 *   --markdown FILE   puts the tables between the document's weights marks
 */
import { writeFileSync } from "node:fs";
import { availableParallelism, cpus } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { modelPath } from "@uniarm/core";
import { z } from "zod";
import { llamaFolder } from "./llama/install.ts";
import { markdownTable, putBetweenMarks } from "./markdown.ts";
import { measure } from "./measure.ts";
import { secondsOf } from "./results.ts";
import { Sample } from "./sample.ts";
import { sizes } from "./sizes.ts";

const { values: flags } = parseArgs({
  options: {
    model: { type: "string", default: "smollm2-135m" },
    repeats: { type: "string", default: "2" },
    size: { type: "string", default: "medium" },
    json: { type: "string" },
    markdown: { type: "string" },
  },
});
if (!(flags.size in sizes.decode)) {
  process.stderr.write(
    `--size ${flags.size}: there is no such size; it may be ${Object.keys(sizes.decode).join(", ")}\n`,
  );
  process.exit(2);
}
const WEIGHTS = ["float32", "bfloat16", "int8", "int4"] as const;
const ROWS = [1, 12] as const;
const NEW_TOKENS = "48";
const threads = availableParallelism();
const rounds = Array.from({ length: Number(flags.repeats) }, (_, round) => round + 1);
const say = (line: string): void => void process.stderr.write(`${line}\n`);
const program = (name: string): string => join(import.meta.dirname, "programs", `${name}.ts`);

const Tokens = z.object({
  /** how many tokens longer the decodings of `moreMs` are than those of `fewMs` */
  tokensMore: z.int().positive(),
  measured: z.array(z.object({ rows: z.int(), productsMs: z.number(), fewMs: z.number(), moreMs: z.number() })),
});
const tokens: Record<string, z.infer<typeof Tokens>[]> = {};
for (const round of rounds)
  for (const weights of WEIGHTS) {
    say(`a token of ${flags.size} in ${weights} (${round} of ${rounds.length})`);
    const own = await measure(Tokens, process.execPath, [program("quantized"), flags.size, weights], threads);
    (tokens[weights] ??= []).push(own);
  }

const file = modelPath(flags.model);
const llama = await llamaFolder(say);
const unguided: { rows: number; uniarm: Sample[]; llama: Sample[] }[] = [];
for (const rows of ROWS) {
  const samples = { rows, uniarm: [] as Sample[], llama: [] as Sample[] };
  for (const round of rounds) {
    say(`${flags.model} alone, ${rows} rows (${round} of ${rounds.length})`);
    const ours = [program("unguided"), flags.model, "int4", String(rows), NEW_TOKENS];
    const theirs = [program("llama-unguided"), llama, file, String(rows), NEW_TOKENS, String(threads)];
    samples.uniarm.push(await measure(Sample, process.execPath, ours, threads));
    samples.llama.push(await measure(Sample, process.execPath, theirs, threads));
  }
  unguided.push(samples);
}

const leastOf = (weights: string, place: number): { products: number; token: number } => {
  const all = tokens[weights]!.map(({ measured }) => measured[place]!);
  const least = (of: "productsMs" | "fewMs" | "moreMs"): number => Math.min(...all.map((one) => one[of]));
  return { products: least("productsMs"), token: (least("moreMs") - least("fewMs")) / tokens[weights]![0]!.tokensMore };
};
const counts = tokens.float32![0]!.measured.map(({ rows }) => rows);
const tables = [
  `On ${threads} threads of ${cpus()[0]?.model ?? "unknown"}; milliseconds of the processor, the least of ${rounds.length} programs.`,
  markdownTable([
    [`a token of \`${flags.size}\`, base and ARM (products of a layer)`, ...counts.map((rows) => `${rows} rows`)],
    ...WEIGHTS.map((weights) => [
      weights,
      ...counts.map((_, place) => {
        const { products, token } = leastOf(weights, place);
        return `${token > 0 ? token.toFixed(1) : "too disturbed"} (${products.toFixed(2)})`;
      }),
    ]),
  ]),
  `The same GGUF file (${flags.model}) unguided, ${NEW_TOKENS} tokens after a prompt of 64, tokens a second of all rows; ${unguided[0]!.llama[0]!.software}.`,
  markdownTable([
    ["rows", "UniARM", "node-llama-cpp", "ratio"],
    ...unguided.map(({ rows, uniarm, llama: theirs }) => {
      const speed = (samples: Sample[]): number => (rows * Number(NEW_TOKENS)) / secondsOf(samples).median;
      const [a, b] = [speed(uniarm), speed(theirs)];
      return [String(rows), a.toFixed(1), b.toFixed(1), (a / b).toFixed(2)];
    }),
  ]),
].join("\n\n");
process.stdout.write(`${tables}\n`);
if (flags.json) writeFileSync(flags.json, `${JSON.stringify({ threads, tokens, unguided }, null, 2)}\n`);
if (flags.markdown) putBetweenMarks(flags.markdown, "weights", tables);
