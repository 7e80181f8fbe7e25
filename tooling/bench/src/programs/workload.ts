import { createRandom, type Adapter, type Random, type Transformer } from "@uniarm/core";
import { preferenceGrid } from "@uniarm/core/schema";
import type { Decoder, DecodingRow } from "@uniarm/decoder";
import { createAdamW, pairTokens, trainStep, type AdamW, type LossSettings, type MicroBatch } from "@uniarm/trainer";
import type { DecodeSize, TrainSize } from "../sizes.ts";

const OPTIMIZER = { weightDecay: 0.05, adamBeta1: 0.9, adamBeta2: 0.999, adamEpsilon: 1e-8 };

/** What a training program repeats: one step on random pairs. */
export function trainer(model: Transformer, adapter: Adapter, size: TrainSize): () => Promise<void> {
  const trained: { adapter: Adapter; optimizer: AdamW } = {
    adapter,
    optimizer: createAdamW(adapter.tensors, OPTIMIZER),
  };
  const random = createRandom(0);
  return async () => {
    const losses: LossSettings = {
      loss: "winners",
      trainingStrength: null,
      rewardTemperature: 1,
      betas: [0.01, 0.01],
      global: null,
    };
    await trainStep(model, trained, [pairBatch(model, size, random)], losses, { learningRate: 5e-4, maxGradNorm: 1 });
  };
}

function pairBatch(model: Transformer, size: TrainSize, random: Random): MicroBatch {
  const ids = (count: number): number[] => Array.from({ length: count }, () => random.integer(size.vocabulary));
  const response = (): number[] => ids(size.tokens - size.promptTokens);
  const pairs = Array.from({ length: size.pairs }, () => ({
    prompt: ids(size.promptTokens),
    responses: [response(), response()] as [number[], number[]],
  }));
  const each = <T>(value: T): T[] => new Array<T>(size.pairs).fill(value);
  const preferences = each([0.5, 0.5]);
  return {
    kind: "pairs",
    tokens: pairTokens(pairs, { padTokenId: 0, model }),
    lossPreferences: preferences,
    shownPreferences: preferences,
    signs: each([1, -1]),
    margins: null,
  };
}

/** One random prompt under evenly spread preference vectors. */
export function decodingRows({ vectors, promptTokens, vocabulary }: DecodeSize): DecodingRow[] {
  const random = createRandom(0);
  const ids = Array.from({ length: promptTokens }, () => random.integer(vocabulary));
  const prompt = { id: "prompt", text: "", ids };
  const preferences = vectors === 1 ? [[0.5, 0.5]] : preferenceGrid(2, vectors - 1);
  return preferences.map((preference) => ({ prompt, preference, coefficients: [1], sample: 0 }));
}

/** No token ends a response: every row is as long as asked. */
export const endless = (model: Transformer, adapter: Adapter): Decoder => ({
  model,
  arms: [adapter],
  eosTokenIds: new Set(),
});
