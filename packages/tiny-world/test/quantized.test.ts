import { expect, test } from "vitest";
import {
  createRandom,
  disposeTransformer,
  encodePrompt,
  encodeResponse,
  loadTokenizer,
  loadTransformer,
  nativeOps,
  openEngine,
  responsePositions,
  tokenBatch,
  tokenLogProbs,
} from "@uniarm/core";
import type { BaseWeights } from "@uniarm/core/schema";
import { makeTexts, tinyWorldModel } from "../src/index.ts";

await openEngine();

const folder = tinyWorldModel("default");

async function logProbs(baseWeights: BaseWeights): Promise<number[]> {
  const tokenizer = await loadTokenizer(folder);
  const model = await loadTransformer(folder, { baseWeights });
  const batch = tokenBatch(
    makeTexts(16, createRandom(0)).map(({ prompt, response }) => ({
      prompt: encodePrompt(tokenizer, prompt),
      response: encodeResponse(tokenizer, response),
    })),
  );
  const values = tokenLogProbs(model, batch.ids, responsePositions(batch));
  const numbers = Array.from(await values.data());
  values.dispose();
  disposeTransformer(model);
  return numbers;
}

test.skipIf(nativeOps() === null).each([
  ["int8", 0.02],
  ["int4", 0.1],
] as const)(
  "the base's log-probabilities of its own texts in %s change by at most %d nats a token",
  async (weights, most) => {
    const [wide, narrow] = [await logProbs("float32"), await logProbs(weights)];
    const apart = wide.reduce((sum, value, index) => sum + Math.abs(value - narrow[index]!), 0) / wide.length;
    expect(apart).toBeLessThan(most);
    expect(apart).toBeGreaterThan(1e-6); // it is another model, not the same weights twice
  },
);
