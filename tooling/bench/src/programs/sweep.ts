/**
 * node sweep.ts <size> <baseWeights> <repeats> <batchRows> <shared|apart>: times a sweep of preference vectors over prompts of
 * mixed lengths, prints one JSON line. Apart, each row asks a prompt of its own name: rows share no pass, neither over a prompt
 * nor over tokens that they choose alike.
 */
import { BaseWeights, SamplingConfig } from "@uniarm/core/schema";
import { generate, planBatches, type DecodingRow } from "@uniarm/decoder";
import { sizes } from "../sizes.ts";
import { benchModel, report } from "./model.ts";
import { sweepOf } from "./sweep-workload.ts";

const [name = "", weights, repeats, batchRows, sharing] = process.argv.slice(2);
const size = sizes.sweep[name]!;
const { model, adapter, engine } = await benchModel(size, BaseWeights.parse(weights));
const { decoder, prompts, guidances } = sweepOf(model, adapter, size);

async function decodeAll(maxNewTokens: number): Promise<number> {
  const startedAt = performance.now();
  const options = { sampling: SamplingConfig.parse({}), maxNewTokens, seed: 0 };
  for (const rows of planBatches(prompts, guidances, 1, Number(batchRows)))
    for await (const _finished of generate(decoder, sharing === "apart" ? rows.map(byItself) : rows, options));
  return (performance.now() - startedAt) / 1000;
}

function byItself(row: DecodingRow, place: number): DecodingRow {
  return { ...row, prompt: { ...row.prompt, id: `${row.prompt.id}, row ${place}` } };
}

await decodeAll(2); // warms up
const seconds: number[] = [];
for (let repeat = 0; repeat < Number(repeats); repeat++) seconds.push(await decodeAll(size.newTokens));
report(seconds, engine);
