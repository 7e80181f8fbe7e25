/**
 * The way from preference data as it was published to steered answers: node examples/published/main.ts [OBJECTIVE=FILE...] [--model MODEL] [--steps N]
 *   pku.jsonl                                            PKU-SafeRLHF: each row tells the better and the safer response
 *   helpful=helpful-base.jsonl harmless=harmless.jsonl   HH-RLHF: each file compares for one objective
 * Without files it takes twenty questions of our own in PKU-SafeRLHF's layout, without a model tiny-world's: that learns nothing here.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { modelPath } from "@uniarm/core";
import { DecodingConfig, preferenceGrid, TrainingConfig, type PreferencePair } from "@uniarm/core/schema";
import { readPairs } from "@uniarm/data";
import { decode } from "@uniarm/decoder";
import { tinyWorldModel } from "@uniarm/tiny-world";
import { train } from "@uniarm/trainer";

const options = { model: { type: "string" }, steps: { type: "string", default: "20" } } as const;
const { values, positionals } = parseArgs({ options, allowPositionals: true });
const model = values.model === undefined ? tinyWorldModel("quick") : modelPath(values.model);
const files = positionals.length > 0 ? positionals : [join(import.meta.dirname, "pku.jsonl")];

// A file that compares for one objective says "preferred": here it gets the objective's name.
const pairs: PreferencePair[] = [];
for (const file of files) {
  const [, objective, path = file] = /^(\w+)=(.+)$/.exec(file) ?? [];
  for await (const { winners, ...pair } of readPairs(path)) {
    if (objective !== undefined && winners.preferred === undefined)
      throw new Error(`${path} names its own objectives (${Object.keys(winners).join(", ")}): give it without one.`);
    pairs.push({ ...pair, winners: objective === undefined ? winners : { [objective]: winners.preferred! } });
  }
}
const names = [...new Set(pairs.flatMap(({ winners }) => Object.keys(winners)))];
console.log(`${pairs.length} pairs, objectives ${names.join(", ")}`);

const folder = await mkdtemp(join(tmpdir(), "uniarm-published-"));
const [data, output] = [join(folder, "pairs.jsonl"), join(folder, "training")];
await writeFile(data, pairs.map((pair) => JSON.stringify(pair)).join("\n"));
const objectives = names.map((name) => ({ name, description: `The answer is ${name}.` }));
const settings = { steps: Number(values.steps), batchPairs: 4, missingLabels: "mask" }; // a file's pairs say nothing of the other's objective
for await (const event of train(TrainingConfig.parse({ model, pairs: data, output, objectives, ...settings })))
  if (event.type === "metric" && event.step % 5 === 0 && "loss" in event.values)
    console.log(
      `step ${event.step}: loss ${event.values.loss.toFixed(3)}, accuracy ${event.values.accuracy!.toFixed(2)}`,
    );

const { prompt: text, messages = [{ role: "user", content: text }] } = pairs[0]!;
const prompts = [{ id: "question", messages }];
const preferences = preferenceGrid(names.length, 2);
const config = DecodingConfig.parse({ model, checkpoint: output, prompts, preferences, maxNewTokens: 40 });
console.log(messages.at(-1)!.content);
for await (const event of decode(config))
  if (event.type === "generation")
    console.log(`  ${names[0]} ${event.generation.preference![0]}: ${event.generation.text.trim()}`);
await rm(folder, { recursive: true });
