/**
 * node real-train.ts <model> <pairs.jsonl> <objective> <baseWeights> <steps>: training steps of a real model, 8 pairs each
 * ({prompt, responses, winners} a line); prints the seconds of each step but the first, processor seconds and peak memory as one
 * JSON line. What `real_train_step.py` does by hand with transformers and PEFT.
 */
import {
  createAdapter,
  createRandom,
  encodePrompt,
  encodeResponse,
  loadTokenizer,
  loadTransformer,
  openEngine,
  readJsonLines,
  tokenBatch,
} from "@uniarm/core";
import { AdapterConfig, BaseWeights } from "@uniarm/core/schema";
import { createAdamW, trainStep, type LossSettings, type MicroBatch } from "@uniarm/trainer";
import { z } from "zod";

const [folder = "", file = "", objective = "", weights, stepCount = "5"] = process.argv.slice(2);
const PAIRS = 8;
const Pair = z.object({
  prompt: z.string(),
  responses: z.tuple([z.string(), z.string()]),
  winners: z.record(z.string(), z.union([z.literal(0), z.literal(1), z.literal("tie")])),
});
const LOSSES: LossSettings = {
  loss: "winners",
  trainingStrength: null,
  rewardTemperature: 1,
  betas: [0.1],
  global: null,
};
const SIGNS = { 0: 1, 1: -1, tie: 0 } as const;

const { name, version } = await openEngine();
const model = await loadTransformer(folder, { baseWeights: BaseWeights.parse(weights) });
const tokenizer = await loadTokenizer(folder);
const pairs = await readJsonLines(file, Pair);
const adapter = createAdapter(AdapterConfig.parse({ kind: "lora", rank: 4, alpha: 8 }), model.config, {
  objectiveCount: 1,
  random: createRandom(0),
});
const trained = {
  adapter,
  optimizer: createAdamW(adapter.tensors, { weightDecay: 0.01, adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8 }),
};

function batchOf(some: readonly z.infer<typeof Pair>[]): MicroBatch {
  const texts = [0, 1].flatMap((place) =>
    some.map(({ prompt, responses }) => ({
      prompt: encodePrompt(tokenizer, prompt),
      response: encodeResponse(tokenizer, responses[place]!),
    })),
  );
  const preferences = some.map(() => [1]);
  return {
    kind: "pairs",
    tokens: tokenBatch(texts),
    lossPreferences: preferences,
    shownPreferences: preferences,
    signs: some.map(({ winners }) => [SIGNS[winners[objective] ?? "tie"]]),
    margins: null,
  };
}

const seconds: number[] = [];
for (let step = 0; step < Number(stepCount); step++) {
  const startedAt = performance.now();
  const batch = batchOf(pairs.slice(step * PAIRS, (step + 1) * PAIRS));
  await trainStep(model, trained, [batch], LOSSES, { learningRate: 4e-3, maxGradNorm: 1 });
  if (step > 0) seconds.push((performance.now() - startedAt) / 1000);
}
const { user, system } = process.cpuUsage();
process.stdout.write(
  `${JSON.stringify({
    engine: `uniarm on ${name} ${version}`,
    baseWeights: model.baseWeights,
    seconds,
    median: seconds.toSorted((one, other) => one - other)[Math.floor(seconds.length / 2)],
    processorSeconds: (user + system) / 1e6,
    peakMb: Math.round(process.resourceUsage().maxRSS / 1024),
  })}\n`,
);
