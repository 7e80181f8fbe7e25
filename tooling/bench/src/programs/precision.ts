/**
 * node precision.ts <model folder> <text|random> <baseWeights>: what such base weights change in a token's log-probability against
 * float32, as one JSON line.
 */
import {
  createRandom,
  disposeTransformer,
  encodePrompt,
  encodeResponse,
  loadTokenizer,
  loadTransformer,
  responsePositions,
  tokenBatch,
  tokenLogProbs,
  type PromptAndResponse,
} from "@uniarm/core";
import { BaseWeights } from "@uniarm/core/schema";
import { makeTexts } from "@uniarm/tiny-world";
import type { Precision } from "../results.ts";

const [folder = "", texts, weights] = process.argv.slice(2);
const ROWS = 32;

const wide = await logProbs("float32");
const narrow = await logProbs(BaseWeights.parse(weights));
const errors = wide.map((value, index) => Math.abs(value - narrow[index]!)).sort((a, b) => a - b);
const precision: Precision = {
  tokens: errors.length,
  meanNats: errors.reduce((sum, error) => sum + error, 0) / errors.length,
  p99Nats: errors[Math.floor(0.99 * (errors.length - 1))]!,
  maxNats: errors.at(-1)!,
  meanLogProbNats: wide.reduce((sum, value) => sum + value, 0) / wide.length,
};
process.stdout.write(`${JSON.stringify(precision)}\n`);

async function logProbs(baseWeights: BaseWeights): Promise<number[]> {
  const model = await loadTransformer(folder, { baseWeights });
  const rows = texts === "text" ? await textRows() : randomRows(model.config.vocabularySize);
  const batch = tokenBatch(rows);
  const values = tokenLogProbs(model, batch.ids, responsePositions(batch));
  const numbers = Array.from(await values.data());
  values.dispose();
  disposeTransformer(model);
  return numbers;
}

async function textRows(): Promise<PromptAndResponse[]> {
  const tokenizer = await loadTokenizer(folder);
  return makeTexts(ROWS, createRandom(0)).map(({ prompt, response }) => ({
    prompt: encodePrompt(tokenizer, prompt),
    response: encodeResponse(tokenizer, response),
  }));
}

function randomRows(vocabularySize: number): PromptAndResponse[] {
  const random = createRandom(0);
  const ids = (count: number): number[] => Array.from({ length: count }, () => random.integer(vocabularySize));
  return Array.from({ length: ROWS }, () => ({ prompt: ids(4), response: ids(28) }));
}
