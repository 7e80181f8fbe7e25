/** node guided-decode.ts <size> <baseWeights> <repeats> [rows] [promptTokens] [newTokens]: times decodings, prints one JSON line. */
import { BaseWeights, createRandom, preferenceGrid, SamplingConfig } from "@uniarm/core";
import { generate, type DecodingRow } from "@uniarm/decoder";
import { sizes } from "../sizes.ts";
import { benchModel, report } from "./model.ts";

const [name = "", weights, repeats, ...changes] = process.argv.slice(2);
const size = sizes.decode[name]!;
const [vectors = size.vectors, promptTokens = size.promptTokens, newTokens = size.newTokens] = changes.map(Number);
const { model, adapter, engine } = await benchModel(size, BaseWeights.parse(weights));
const random = createRandom(0);
const ids = Array.from({ length: promptTokens }, () => random.integer(size.vocabulary));
const prompt = { id: "prompt", text: "", ids };
const preferences = vectors === 1 ? [[0.5, 0.5]] : preferenceGrid(2, vectors - 1);
const rows = preferences.map((preference): DecodingRow => ({ prompt, preference, coefficients: [1], sample: 0 }));
const decoder = { model, arms: [adapter], eosTokenIds: new Set<number>() };

async function decodeAll(maxNewTokens: number): Promise<number> {
  const startedAt = performance.now();
  const steps = generate(decoder, rows, { sampling: SamplingConfig.parse({}), maxNewTokens, seed: 0 });
  while (!(await steps.next()).done);
  return (performance.now() - startedAt) / 1000;
}

await decodeAll(2); // warms up
const seconds: number[] = [];
for (let repeat = 0; repeat < Number(repeats); repeat++) seconds.push(await decodeAll(newTokens));
report(seconds, engine);
