/**
 * node quantized.ts <size> <baseWeights> [rows ...]: processor time, which a busy machine changes little, of decoding few tokens
 * and more of them, base and ARM, and of the products of a layer with so many rows, as one JSON line. Default rows: 1, 12, 48.
 */
import { linear, tf } from "@uniarm/core";
import { BaseWeights, SamplingConfig } from "@uniarm/core/schema";
import { generate } from "@uniarm/decoder";
import { sizes } from "../sizes.ts";
import { benchModel } from "./model.ts";
import { decodingRows, endless } from "./workload.ts";

const [name = "", weights, ...given] = process.argv.slice(2);
const counts = given.length > 0 ? given.map(Number) : [1, 12, 48];
const size = sizes.decode[name]!;
const { model, adapter } = await benchModel(size, BaseWeights.parse(weights));
const processorMs = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
};
const best = (values: readonly number[]): number => Math.min(...values);

async function decodingMs(vectors: number, newTokens: number): Promise<number> {
  const before = processorMs();
  const rows = decodingRows({ ...size, vectors, newTokens });
  const steps = generate(endless(model, adapter), rows, {
    sampling: SamplingConfig.parse({}),
    maxNewTokens: newTokens,
    seed: 0,
  });
  while (!(await steps.next()).done);
  return processorMs() - before;
}

const [FEW, MORE] = [2, 18];

/** The least that each takes: a difference of two that were disturbed may be anything. */
async function leastMs(vectors: number): Promise<{ fewMs: number; moreMs: number }> {
  await decodingMs(vectors, FEW);
  const [few, more]: [number[], number[]] = [[], []];
  for (let repeat = 0; repeat < 3; repeat++) {
    more.push(await decodingMs(vectors, MORE));
    few.push(await decodingMs(vectors, FEW));
  }
  return { fewMs: best(few), moreMs: best(more) };
}

function productsMs(rows: number): number {
  const { qkv, o, gateUp, down } = model.weights.layers[0]!;
  const matrices = [qkv, o, gateUp, down].flat().map(({ matrix }) => matrix);
  const inputs = matrices.map(({ inSize }) => tf.randomNormal([rows, inSize], 0, 1, "float32", 0));
  const once = (): void => {
    tf.tidy(() => matrices.forEach((matrix, index) => linear(inputs[index]!, matrix)));
  };
  once();
  const each = Array.from({ length: 20 }, () => {
    const before = processorMs();
    for (let repeat = 0; repeat < 5; repeat++) once();
    return (processorMs() - before) / 5;
  });
  tf.dispose(inputs);
  return best(each);
}

const measured: { rows: number; productsMs: number; fewMs: number; moreMs: number }[] = [];
for (const rows of counts) measured.push({ rows, productsMs: productsMs(rows), ...(await leastMs(rows)) });
process.stdout.write(`${JSON.stringify({ size: name, baseWeights: weights, tokensMore: MORE - FEW, measured })}\n`);
