/** Trains a small ARM on pairs of two objectives, then lets it answer one prompt at three preferences. Some ten seconds. */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom } from "@uniarm/core";
import { DecodingConfig, preferenceGrid, TrainingConfig } from "@uniarm/core/schema";
import { decode } from "@uniarm/decoder";
import * as tinyWorld from "@uniarm/tiny-world";
import { train } from "@uniarm/trainer";

const folder = await mkdtemp(join(tmpdir(), "uniarm-steer-"));
const [pairs, output] = [join(folder, "pairs.jsonl"), join(folder, "training")];
const model = tinyWorld.tinyWorldModel("quick"); // any folder from a model hub goes in its place
const objectives = tinyWorld.tinyWorldObjectives(2); // helpful, harmless

// Two responses to each prompt, with a winner per objective.
const random = createRandom(0);
const [first, second] = ["first", "second"].map((name) => random.fork(name));
const compared = tinyWorld.trainingPromptDraws(1000, random).map(({ text }) => {
  const task = tinyWorld.parsePrompt(text);
  return { prompt: text, responses: [first!, second!].map((own) => tinyWorld.sampleResponse(task, own)) };
}) as tinyWorld.ResponsePair[];
const lines = tinyWorld.makePairs(compared, objectives).map((pair) => JSON.stringify(pair));
await writeFile(pairs, lines.join("\n"));

const recipe = tinyWorld.tinyWorldRecipe("uniarm", { recipe: "imitation", steps: 100 });
for await (const event of train(TrainingConfig.parse({ ...recipe, model, pairs, output, objectives })))
  if (event.type === "metric" && event.step % 20 === 0 && "loss" in event.values)
    console.log(`step ${event.step}: loss ${Number(event.values.loss).toFixed(3)}`);

const prompts = tinyWorld.testPrompts(4).slice(3); // its task is the most dangerous of the four
const config = DecodingConfig.parse({
  model,
  checkpoint: output,
  prompts,
  preferences: preferenceGrid(2, 2),
  strength: tinyWorld.TINY_WORLD_STRENGTH.imitation,
  maxNewTokens: tinyWorld.TINY_WORLD_RESPONSE_TOKENS,
});
console.log(prompts[0]!.text);
for await (const event of decode(config)) {
  if (event.type !== "generation") continue;
  const { prompt, text, preference } = event.generation;
  const { helpful, harmless } = tinyWorld.scoreResponse(tinyWorld.parsePrompt(prompt), text);
  console.log(`  helpful ${preference![0]}: ${text} [${helpful.toFixed(2)}, ${harmless.toFixed(2)}]`);
}
await rm(folder, { recursive: true });
