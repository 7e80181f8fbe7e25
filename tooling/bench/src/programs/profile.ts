/** node profile.ts <train | decode> <size> <baseWeights>: where the time of a step or a guided decoding goes, by TensorFlow operation, as one JSON line. */
import { tf } from "@uniarm/core";
import { BaseWeights, SamplingConfig } from "@uniarm/core/schema";
import { generate } from "@uniarm/decoder";
import type { Profile } from "../results.ts";
import { sizes, type DecodeSize } from "../sizes.ts";
import { benchModel } from "./model.ts";
import { decodingRows, endless, trainer } from "./workload.ts";

interface Binding {
  executeOp: (name: string, ...rest: unknown[]) => { shape: number[] }[];
}

const [work, name = "", baseWeights] = process.argv.slice(2);
const decoding = work === "decode" ? sizes.decode[name]! : null;
const training = work === "train" ? sizes.train[name]! : null;
const { model, adapter } = await benchModel((decoding ?? training)!, BaseWeights.parse(baseWeights));
const spent = new Map<string, { ms: number; calls: number }>();
const backend = tf.backend() as unknown as { binding: Binding };
const { binding } = backend;
const timed = Object.fromEntries(
  Object.getOwnPropertyNames(binding).map((key) => [key, binding[key as keyof Binding]]),
) as unknown as Binding;
timed.executeOp = (name, ...rest) => {
  const startedAt = performance.now();
  const outputs = binding.executeOp(name, ...rest);
  // the first pass reads the prompt, every other one token a row
  const rows = outputs[0]?.shape.at(-2) ?? 0;
  const isProduct = name === "MatMul" || name === "BatchMatMulV2";
  const phase = decoding && isProduct ? (rows > 2 * decoding.vectors ? " (prompt)" : " (tokens)") : "";
  const entry = spent.get(name + phase) ?? { ms: 0, calls: 0 };
  spent.set(name + phase, { ms: entry.ms + performance.now() - startedAt, calls: entry.calls + 1 });
  return outputs;
};

const once = decoding ? () => decodeAll(decoding) : trainer(model, adapter, training!);

async function decodeAll(size: DecodeSize): Promise<void> {
  const options = { sampling: SamplingConfig.parse({}), maxNewTokens: size.newTokens, seed: 0 };
  for await (const _finished of generate(endless(model, adapter), decodingRows(size), options));
}

await once(); // warms up
await once();
backend.binding = timed;
const startedAt = performance.now();
await once();
const totalMs = performance.now() - startedAt;
const operations = [...spent].map(([name, one]) => ({ name, ...one })).sort((a, b) => b.ms - a.ms);
const profile: Profile = { totalMs, operations };
process.stdout.write(`${JSON.stringify(profile)}\n`);
