import { setImmediate } from "node:timers/promises";
import { join } from "node:path";
import { createRandom, readJsonLines } from "@uniarm/core";
import { DecodingConfig, Generation, SamplingConfig } from "@uniarm/core/schema";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decode } from "../src/decode.ts";
import { generate, type Generated } from "../src/generate.ts";
import { guidancesOf } from "../src/guidances.ts";
import { openGuidedModel, type GuidedModel } from "../src/guided-model.ts";
import { openInteractive } from "../src/interactive/open.ts";
import type { InteractiveEvent, InteractiveRequest } from "../src/interactive/request.ts";
import { mergeGenerations } from "../src/merge.ts";
import { encodePrompts } from "../src/prompts.ts";
import type { DecodingRow } from "../src/rows.ts";
import { textBeforeStop } from "../src/stop-text.ts";
import { generated } from "./generated.ts";
import type { SamplingInput } from "./inputs.ts";
import { writeTinyWorld } from "./tiny-checkpoint.ts";

const REQUESTS = 64;
const LETTERS = Object.fromEntries(Array.from({ length: 26 }, (_, letter) => [String(97 + letter), 2]));
const SAMPLINGS: SamplingInput[] = [
  {},
  { temperature: 1 },
  { temperature: 0.8, topK: 40, topP: 0.9, minP: 0.02 },
  { logitBias: LETTERS, minNewTokens: 4 },
  { temperature: 1.2, repetitionPenalty: 1.3, logitBias: { ...LETTERS, "257": 3 } },
  { frequencyPenalty: 0.7, presencePenalty: 0.4, logitBias: { ...LETTERS, "32": 3 } },
  { temperature: 0.9, minP: 0.1, presencePenalty: -0.5, minNewTokens: 3, logitBias: { "257": 4 } },
];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let world: Awaited<ReturnType<typeof writeTinyWorld>>;
let model: GuidedModel;
let requests: InteractiveRequest[];
let alone: string[];
let finishes: string[];
beforeAll(async () => {
  folder = await temporaryFolder();
  world = await writeTinyWorld(folder.path, "genarm");
  model = await openGuidedModel(world);
  const random = createRandom(11);
  const among = <T>(items: readonly T[]): T => items[random.integer(items.length)]!;
  requests = Array.from({ length: REQUESTS }, (_, index) => {
    const kind = random.integer(SAMPLINGS.length);
    return {
      prompt: { id: `p${index}`, text: among(["Hi", "What now?", "A rather longer question", "Where?"]) },
      preference: among([[0.3, 0.7], [1, 0], [0, 1], null]),
      strength: 2,
      sampling: SamplingConfig.parse(SAMPLINGS[kind]),
      maxNewTokens: 5 + kind,
      seed: kind % 3,
    };
  });
  for (const kind of kindsOf(requests)) {
    // a stop string that some texts meet, across tokens where it is longer than a byte
    const [first] = await decoded(kind);
    const text = textOf(first!, kind[0]!);
    const start = Math.floor(text.length / 3);
    const stop = text.slice(start, start + 1 + random.integer(3));
    if (stop !== "")
      for (const request of kind.slice(0, Math.ceil(kind.length / 2)))
        request.sampling = { ...request.sampling, stop: [stop, "never there"] };
  }
  alone = [];
  finishes = [];
  for (const request of requests) {
    const [response] = await decoded([request]);
    alone.push(textOf(response!, request));
    finishes.push(response!.finish);
  }
});
afterAll(async () => {
  model.dispose();
  await folder.remove();
});

const textOf = ({ tokenIds }: Generated, { sampling }: InteractiveRequest): string =>
  textBeforeStop(model.tokenizer, tokenIds, sampling.stop).text.trim();

function rowOf({ prompt, preference, strength = 1 }: InteractiveRequest): DecodingRow {
  const [encoded] = encodePrompts([prompt], model, 1);
  const [guidance] = guidancesOf(
    { preferences: [preference ?? [1, 0]], strength },
    preference && model.checkpoint!.manifest,
    model.fusion.settings,
  );
  return { prompt: encoded!, ...guidance!, sample: 0 };
}

/** Those that `decode` has in one run: guided or not, under one sampling. */
const kindsOf = (some: InteractiveRequest[]): InteractiveRequest[][] => [
  ...Map.groupBy(some, ({ sampling, preference }) => JSON.stringify([sampling, preference === null])).values(),
];

/** By `generate`, in one batch: all have the sampling, seed and length of the first. */
function decoded(some: InteractiveRequest[]): Promise<Generated[]> {
  const { sampling, maxNewTokens, seed } = some[0]!;
  return generated(generate(model, some.map(rowOf), { sampling, maxNewTokens, seed }));
}

/** The end's text, which the tokens' texts make; nothing of a stop string is told. */
async function answer(events: AsyncIterable<InteractiveEvent>, { sampling }: InteractiveRequest): Promise<string> {
  const all = await collect(events);
  const told = all.flatMap((event) => (event.type === "token" ? [event.text] : [])).join("");
  const end = all.at(-1)!;
  if (end.type !== "end") throw new Error("a request without an end");
  expect(told).toBe(end.text);
  for (const stop of sampling.stop) expect(told).not.toContain(stop);
  return end.text;
}

test("they end in every way, and most are texts", () => {
  expect(new Set(finishes)).toEqual(new Set(["eos", "length", "stop"]));
  expect(finishes.filter((finish) => finish === "stop").length).toBeGreaterThan(5);
  expect(alone.filter((text) => text.length > 1).length).toBeGreaterThan(REQUESTS / 2);
});

test("requests in one batch with others of their sampling have the texts that they have alone", async () => {
  for (const kind of kindsOf(requests)) {
    const together = await decoded(kind);
    for (const [index, request] of kind.entries())
      expect(textOf(together[index]!, request)).toBe(alone[requests.indexOf(request)]);
  }
});

test("requests that are asked at once have the texts that they have alone", async () => {
  const interactive = openInteractive(model, { maxRows: REQUESTS });
  const texts = await Promise.all(requests.map((request) => answer(interactive.ask(request), request)));
  expect(texts).toEqual(alone);
  await interactive.close();
});

test("requests that come at any time have the texts that they have alone", async () => {
  const random = createRandom(1);
  const interactive = openInteractive(model, { maxRows: 2 + random.integer(20) });
  const texts = new Map<InteractiveRequest, Promise<string>>();
  for (const request of random.shuffle(requests)) {
    texts.set(request, answer(interactive.ask(request), request));
    for (let ticks = random.integer(6); ticks > 0; ticks -= 1) await setImmediate();
  }
  expect(await Promise.all(requests.map((request) => texts.get(request)!))).toEqual(alone);
  await interactive.close();
});

test("requests that are decoded under shards have the texts that they have alone", async () => {
  let shards = 0;
  for (const [kind, some] of kindsOf(requests).entries()) {
    const { sampling, maxNewTokens, seed, preference, strength = 1 } = some[0]!;
    const preferences = preference && [...new Set(some.map((request) => JSON.stringify(request.preference)))];
    // every prompt under every preference: what was not asked is decoded beside what was
    const config = DecodingConfig.parse({
      model: world.model,
      ...(preferences && {
        checkpoint: world.checkpoint,
        strength,
        preferences: preferences.map((one) => JSON.parse(one) as number[]),
      }),
      prompts: some.map(({ prompt }) => prompt),
      sampling,
      maxNewTokens,
      seed,
      batchRows: 3,
    });
    const count = Math.min(3, Math.ceil((some.length * (preferences?.length ?? 1)) / 3));
    const outputs = Array.from({ length: count }, (_, index) => join(folder.path, `kind-${kind}-${index}.jsonl`));
    for (const [index, output] of outputs.entries())
      await collect(decode({ ...config, output }, { shard: { index, count } }));
    const merged = join(folder.path, `kind-${kind}.jsonl`);
    await mergeGenerations(outputs, merged);
    const generations = await readJsonLines(merged, Generation);
    for (const { prompt, preference: asked } of some) {
      const found = generations.find(
        (one) => one.promptId === prompt.id && JSON.stringify(one.preference) === JSON.stringify(asked),
      );
      expect(found!.text).toBe(alone[requests.findIndex((one) => one.prompt.id === prompt.id)]);
    }
    shards += count;
  }
  expect(shards).toBeGreaterThan(kindsOf(requests).length);
});
