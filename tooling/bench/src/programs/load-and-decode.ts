/** node load-and-decode.ts <folder> <newTokens> <baseWeights>: loads a model folder, decodes under 11 preference vectors, prints one JSON line. */
import { createAdapter, createRandom, loadTransformer, openEngine } from "@uniarm/core";
import { AdapterConfig, BaseWeights, preferenceGrid, SamplingConfig } from "@uniarm/core/schema";
import { generate, type DecodingRow } from "@uniarm/decoder";
import { endless } from "./workload.ts";

const [folder = "", newTokens = "32", weights] = process.argv.slice(2);
const maxNewTokens = Number(newTokens);
const peakMb = (): number => Math.round(process.resourceUsage().maxRSS / 1000);

const engine = await openEngine();
const librariesMb = peakMb();
const startedAt = performance.now();
const model = await loadTransformer(folder, { baseWeights: BaseWeights.parse(weights) });
const loadSeconds = (performance.now() - startedAt) / 1000;
const loadPeakMb = peakMb();

const axis = (place: number): number[] =>
  Array.from({ length: model.config.hiddenSize }, (_, at) => Number(at === place));
const adapter = createAdapter(AdapterConfig.parse({ kind: "moslora", rank: 8, alpha: 16 }), model.config, {
  objectiveCount: 2,
  random: createRandom(0),
  objectiveVectors: [axis(0), axis(1)],
});
const ids = Array.from({ length: 64 }, (_, at) => (at * 7919) % model.config.vocabularySize);
const prompt = { id: "prompt", text: "", ids };
const rows = preferenceGrid(2, 10).map((preference): DecodingRow => ({
  prompt,
  preference,
  coefficients: [1],
  sample: 0,
}));

async function tokensPerSecond(some: readonly DecodingRow[]): Promise<number> {
  const from = performance.now();
  const steps = generate(endless(model, adapter), some, { sampling: SamplingConfig.parse({}), maxNewTokens, seed: 0 });
  while (!(await steps.next()).done);
  return (some.length * maxNewTokens * 1000) / (performance.now() - from);
}

await tokensPerSecond(rows.slice(0, 1)); // warms up
const one = await tokensPerSecond(rows.slice(5, 6));
const eleven = await tokensPerSecond(rows);
const decoding = { oneVector: one, elevenVectors: eleven };
const figures = {
  engine: `${engine.name} ${engine.version}`,
  loadSeconds,
  librariesMb,
  loadPeakMb,
  peakMb: peakMb(),
  tokensPerSecond: decoding,
};
process.stdout.write(`${JSON.stringify(figures)}\n`);
