/**
 * node quantized.ts <size> <baseWeights> [rows ...]: processor seconds, which a busy machine does not change, of one token of
 * all rows, base and ARM, and of the products of a layer with so many rows, as one JSON line. Default rows: 1, 12, 48.
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

/** What the tokens after the prompt cost: 12 of them against 2. */
async function tokenMs(vectors: number): Promise<number> {
  await decodingMs(vectors, 2);
  const each: number[] = [];
  for (let repeat = 0; repeat < 3; repeat++)
    each.push(((await decodingMs(vectors, 12)) - (await decodingMs(vectors, 2))) / 10);
  return best(each);
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

const measured: { rows: number; productsMs: number; tokenMs: number }[] = [];
for (const rows of counts) measured.push({ rows, productsMs: productsMs(rows), tokenMs: await tokenMs(rows) });
process.stdout.write(`${JSON.stringify({ size: name, baseWeights: weights, measured })}\n`);
