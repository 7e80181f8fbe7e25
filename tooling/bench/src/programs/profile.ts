/** node profile.ts <size> <baseWeights>: where the time of a guided decoding goes, by TensorFlow operation, as one JSON line. */
import { tf } from "@uniarm/core";
import { BaseWeights, SamplingConfig } from "@uniarm/core/schema";
import { generate } from "@uniarm/decoder";
import type { Profile } from "../results.ts";
import { sizes } from "../sizes.ts";
import { benchModel } from "./model.ts";
import { decodingRows, endless } from "./workload.ts";

interface Binding {
  executeOp: (name: string, ...rest: unknown[]) => { shape: number[] }[];
}

const size = sizes.decode[process.argv[2] ?? ""]!;
const { model, adapter } = await benchModel(size, BaseWeights.parse(process.argv[3]));
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
  const phase =
    name === "MatMul" || name === "BatchMatMulV2" ? (rows > 2 * size.vectors ? " (prompt)" : " (tokens)") : "";
  const entry = spent.get(name + phase) ?? { ms: 0, calls: 0 };
  spent.set(name + phase, { ms: entry.ms + performance.now() - startedAt, calls: entry.calls + 1 });
  return outputs;
};

const [decoder, rows] = [endless(model, adapter), decodingRows(size)];

async function decodeAll(): Promise<number> {
  const startedAt = performance.now();
  const options = { sampling: SamplingConfig.parse({}), maxNewTokens: size.newTokens, seed: 0 };
  for await (const _finished of generate(decoder, rows, options));
  return performance.now() - startedAt;
}

await decodeAll(); // warms up
backend.binding = timed;
const totalMs = await decodeAll();
const operations = [...spent].map(([name, one]) => ({ name, ...one })).sort((a, b) => b.ms - a.ms);
const profile: Profile = { totalMs, operations };
process.stdout.write(`${JSON.stringify(profile)}\n`);
