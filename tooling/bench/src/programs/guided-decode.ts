/** node guided-decode.ts <size> <baseWeights> <repeats> [rows] [promptTokens] [newTokens]: times decodings, prints one JSON line. */
import { BaseWeights, SamplingConfig } from "@uniarm/core/schema";
import { generate } from "@uniarm/decoder";
import { sizes } from "../sizes.ts";
import { benchModel, report } from "./model.ts";
import { decodingRows, endless } from "./workload.ts";

const [name = "", weights, repeats, ...changes] = process.argv.slice(2);
const asked = sizes.decode[name]!;
const [vectors = asked.vectors, promptTokens = asked.promptTokens, newTokens = asked.newTokens] = changes.map(Number);
const size = { ...asked, vectors, promptTokens, newTokens };
const { model, adapter, engine } = await benchModel(size, BaseWeights.parse(weights));
const [decoder, rows] = [endless(model, adapter), decodingRows(size)];

async function decodeAll(maxNewTokens: number): Promise<number> {
  const startedAt = performance.now();
  const steps = generate(decoder, rows, { sampling: SamplingConfig.parse({}), maxNewTokens, seed: 0 });
  while (!(await steps.next()).done);
  return (performance.now() - startedAt) / 1000;
}

await decodeAll(2); // warms up
const seconds: number[] = [];
for (let repeat = 0; repeat < Number(repeats); repeat++) seconds.push(await decodeAll(newTokens));
report(seconds, engine);
