/** node llama-unguided.ts <folder of node-llama-cpp> <GGUF file> <rows> <newTokens> <threads>: as unguided.ts, by node-llama-cpp. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { PROMPT_TOKENS, promptIds } from "../llama/prompt-ids.ts";
import type { Sample } from "../sample.ts";

/** The part of node-llama-cpp 3 that is called. */
interface Sequence {
  clearHistory: () => Promise<void>;
  evaluate: (tokens: number[], options: { temperature: number; yieldEogToken: boolean }) => AsyncGenerator<number>;
}
interface LlamaContext {
  getSequence: () => Sequence;
}
interface LlamaModel {
  createContext: (options: {
    contextSize: number;
    batchSize: number;
    sequences: number;
    threads: number;
  }) => Promise<LlamaContext>;
}
interface Library {
  getLlama: (options: { gpu: false; build: "never"; logLevel: string; maxThreads: number }) => Promise<{
    loadModel: (options: { modelPath: string }) => Promise<LlamaModel>;
  }>;
}

const [folder = "", file = "", given = "1", newTokens = "32", cores = "2"] = process.argv.slice(2);
const [rows, most, threads] = [Number(given), Number(newTokens), Number(cores)];
const REPEATS = 3;
const peakMb = (): number => Math.round(process.resourceUsage().maxRSS / 1000);

const own = join(folder, "node_modules", "node-llama-cpp");
const { version } = JSON.parse(readFileSync(join(own, "package.json"), "utf8")) as { version: string };
const { getLlama } = (await import(pathToFileURL(join(own, "dist", "index.js")).href)) as Library;
const llama = await getLlama({ gpu: false, build: "never", logLevel: "error", maxThreads: threads });
const librariesMb = peakMb();
const model = await llama.loadModel({ modelPath: file });
const contextSize = PROMPT_TOKENS + most + 8;
const context = await model.createContext({ contextSize, batchSize: rows * PROMPT_TOKENS, sequences: rows, threads });
const sequences = Array.from({ length: rows }, () => context.getSequence());

async function goOn(sequence: Sequence, ids: number[]): Promise<void> {
  await sequence.clearHistory();
  let left = most;
  for await (const token of sequence.evaluate(ids, { temperature: 0, yieldEogToken: true })) {
    if (--left === 0 || token < 0) break;
  }
  if (left > 0) throw new Error(`llama.cpp ended a response ${left} tokens early`);
}

const seconds: number[] = [];
for (let repeat = 0; repeat <= REPEATS; repeat++) {
  const prompts = promptIds(rows);
  const startedAt = performance.now();
  await Promise.all(sequences.map((sequence, row) => goOn(sequence, prompts[row]!)));
  if (repeat > 0) seconds.push((performance.now() - startedAt) / 1000); // the first warms up
}
const sample: Sample = {
  seconds,
  peakMemoryMb: peakMb(),
  librariesMb,
  threads,
  software: `node-llama-cpp ${version}`,
};
process.stdout.write(`${JSON.stringify(sample)}\n`);
process.exit(0); // its threads would keep the process
