/**
 * node real-decode.ts <model> <prompts.jsonl> <baseWeights> <newTokens> guided|unguided [batched|alone]: the prompts ({id, text}
 * a line) of a real model under 11 preference vectors, each in rows of one batch or one row at a time, no token ending a
 * response; prints seconds, processor seconds, tokens a second and peak memory as one JSON line. What
 * `real_guided_decode.py` does by hand with transformers and PEFT.
 */
import {
  createAdapter,
  createRandom,
  encodePrompt,
  loadTokenizer,
  loadTransformer,
  openEngine,
  readJsonLines,
} from "@uniarm/core";
import { AdapterConfig, BaseWeights, preferenceGrid, Prompt, SamplingConfig } from "@uniarm/core/schema";
import { generate, type DecodingRow } from "@uniarm/decoder";
import { endless } from "./workload.ts";

const [folder = "", file = "", weights, newTokens = "32", how = "guided", rowsAtOnce = "batched"] =
  process.argv.slice(2);
const VECTORS = 11;

const { name, version } = await openEngine();
const model = await loadTransformer(folder, { baseWeights: BaseWeights.parse(weights) });
const tokenizer = await loadTokenizer(folder);
const prompts = await readJsonLines(file, Prompt);
const axis = (place: number): number[] =>
  Array.from({ length: model.config.hiddenSize }, (_, at) => Number(at === place));
const adapter = createAdapter(AdapterConfig.parse({ kind: "moslora", rank: 4, alpha: 8 }), model.config, {
  objectiveCount: 2,
  random: createRandom(0),
  objectiveVectors: [axis(0), axis(1)],
});
const rows = prompts.flatMap(({ id, text = "" }) => {
  const ids = encodePrompt(tokenizer, text);
  return preferenceGrid(2, VECTORS - 1).map((preference): DecodingRow => ({
    prompt: { id, text, ids },
    preference,
    coefficients: [1],
    sample: 0,
  }));
});
const decoder = { ...endless(model, adapter), arms: how === "guided" ? [adapter] : [] };
const asked = how === "guided" ? rows : rows.map((row) => ({ ...row, preference: null, coefficients: [] }));
const batches = rowsAtOnce === "alone" ? asked.map((row) => [row]) : [asked];

const before = process.cpuUsage();
const startedAt = performance.now();
for (const batch of batches) {
  const steps = generate(decoder, batch, {
    sampling: SamplingConfig.parse({}),
    maxNewTokens: Number(newTokens),
    seed: 0,
  });
  while (!(await steps.next()).done);
}
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(before);
process.stdout.write(
  `${JSON.stringify({
    engine: `uniarm on ${name} ${version}`,
    baseWeights: model.baseWeights,
    how,
    rows: asked.length,
    seconds,
    processorSeconds: (user + system) / 1e6,
    tokensPerSecond: (asked.length * Number(newTokens)) / seconds,
    peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
  })}\n`,
);
