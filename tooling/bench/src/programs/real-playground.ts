/**
 * node real-playground.ts <model> <baseWeights> <newTokens>: answers of a real model with an ARM as the playground streams them,
 * one and six at once, warm; prints milliseconds to the first token, tokens a second and processor milliseconds a token of all
 * answers as one JSON line.
 */
import { createAdapter, createRandom, loadTokenizer, loadTransformer, openEngine } from "@uniarm/core";
import {
  AdapterConfig,
  BaseWeights,
  preferenceGrid,
  SamplingConfig,
  type CheckpointManifest,
} from "@uniarm/core/schema";
import { openInteractive } from "@uniarm/decoder";

const [folder = "", weights, newTokens = "48"] = process.argv.slice(2);
const maxNewTokens = Number(newTokens);
await openEngine();
const model = await loadTransformer(folder, { baseWeights: BaseWeights.parse(weights) });
const tokenizer = await loadTokenizer(folder);
const axis = (place: number): number[] =>
  Array.from({ length: model.config.hiddenSize }, (_, at) => Number(at === place));
const adapter = AdapterConfig.parse({ kind: "moslora", rank: 4, alpha: 8 });
const arm = createAdapter(adapter, model.config, {
  objectiveCount: 2,
  random: createRandom(0),
  objectiveVectors: [axis(0), axis(1)],
});
const manifest = { method: "uniarm", objectives: [{ name: "one" }, { name: "two" }], adapter } as CheckpointManifest;
const interactive = openInteractive(
  {
    model,
    tokenizer,
    armTokenizer: null,
    checkpoint: { folder: "", manifest, arms: [arm] },
    fusion: { settings: { rule: "product" }, stack: null },
    eosTokenIds: new Set(), // every answer is as long as asked
    arms: [arm],
    notice: null,
    dispose: () => undefined,
  },
  { maxRows: 16 },
);

interface Figures {
  firstTokenMs: number;
  tokensPerSecond: number;
  processorMsPerToken: number;
}

async function answer(preference: readonly number[], startedAt: number): Promise<number> {
  let first = 0;
  const request = {
    prompt: { id: "lamp", text: "How do I clean an old lamp without scratching it?" },
    preference,
    sampling: SamplingConfig.parse({ temperature: 0.7 }),
    maxNewTokens,
    seed: 0,
  };
  for await (const event of interactive.ask(request))
    if (event.type === "token") first ||= performance.now() - startedAt;
  return first;
}

async function measured(answers: number): Promise<Figures> {
  const before = process.cpuUsage();
  const startedAt = performance.now();
  const firsts = await Promise.all(
    preferenceGrid(2, answers)
      .slice(0, answers)
      .map((one) => answer(one, startedAt)),
  );
  const seconds = (performance.now() - startedAt) / 1000;
  const { user, system } = process.cpuUsage(before);
  const tokens = answers * maxNewTokens;
  return {
    firstTokenMs: Math.max(...firsts),
    tokensPerSecond: tokens / seconds,
    processorMsPerToken: (user + system) / 1000 / tokens,
  };
}

await measured(1); // warms up
const figures = { baseWeights: model.baseWeights, one: await measured(1), six: await measured(6) };
await interactive.close();
process.stdout.write(`${JSON.stringify(figures)}\n`);
