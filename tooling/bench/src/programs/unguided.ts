/**
 * node unguided.ts <model> <baseWeights> <rows> <newTokens>: a base model alone goes on from as many prompts at once, greedily;
 * prints one JSON line. Prompts are the same token ids that llama-unguided.ts takes.
 */
import { loadTransformer } from "@uniarm/core";
import { BaseWeights, SamplingConfig } from "@uniarm/core/schema";
import { generate, type DecodingRow } from "@uniarm/decoder";
import { promptIds } from "../llama/prompt-ids.ts";
import { openMeasuredEngine, report } from "./model.ts";

const [place = "", weights, rows = "1", newTokens = "32"] = process.argv.slice(2);
const REPEATS = 3;

const engine = await openMeasuredEngine();
const model = await loadTransformer(place, { baseWeights: BaseWeights.parse(weights) });
const all = promptIds(Number(rows)).map((ids, index): DecodingRow => ({
  prompt: { id: `prompt ${index}`, text: "", ids },
  preference: [],
  coefficients: [],
  sample: 0,
}));
const decoder = { model, arms: [], eosTokenIds: new Set<number>() };
const sampling = SamplingConfig.parse({ temperature: 0 });
const seconds: number[] = [];
for (let repeat = 0; repeat <= REPEATS; repeat++) {
  const startedAt = performance.now();
  const steps = generate(decoder, all, { sampling, maxNewTokens: Number(newTokens), seed: 0 });
  while (!(await steps.next()).done);
  if (repeat > 0) seconds.push((performance.now() - startedAt) / 1000); // the first warms up
}
report(seconds, engine);
