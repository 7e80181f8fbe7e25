import { disposeTransformer, loadTransformer, sequenceLogProbs, tf, tokenBatch, type Transformer } from "@uniarm/core";
import { DecodingConfig, type Generation } from "@uniarm/core/schema";
import { byteTokenizer, collect, expectNoTensorLeak, temporaryFolder } from "@uniarm/core/testing";
import { encodePrompt } from "@uniarm/core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { decode } from "../src/decode.ts";
import { writeTinyWorld } from "./tiny-checkpoint.ts";

const prompts = ["Hi", "What now?", "Where?"].map((text, index) => ({ id: `p${index}`, text }));
const preferences = [
  [1, 0],
  [0.3, 0.7],
];

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let uniarm: { model: string; checkpoint: string };
let dpo: { model: string; checkpoint: string };
let base: Transformer;
beforeAll(async () => {
  folder = await temporaryFolder();
  uniarm = await writeTinyWorld(folder.path, "uniarm");
  dpo = await writeTinyWorld(folder.path, "dpo");
  base = await loadTransformer(uniarm.model);
});
afterAll(async () => {
  disposeTransformer(base);
  await folder.remove();
});

async function generationsOf(input: object): Promise<Generation[]> {
  const config = DecodingConfig.parse({ prompts, maxNewTokens: 6, sampling: { temperature: 1 }, ...input });
  const events = await collect(decode(config));
  return events.flatMap((event) => (event.type === "generation" ? [event.generation] : []));
}

/** What the base model makes of finished answers, read in one pass. */
function readBack(generations: readonly Generation[]): number[] {
  const tokenizer = byteTokenizer();
  const rows = generations.map(({ prompt, tokenIds }) => ({
    prompt: encodePrompt(tokenizer, prompt),
    response: tokenIds,
  }));
  return tf.tidy(() => sequenceLogProbs(base, tokenBatch(rows)).arraySync());
}

const expectReadBack = (generations: readonly Generation[]): void => {
  readBack(generations).forEach((nats, row) => expect(generations[row]!.baseLogProbNats).toBeCloseTo(nats, 3));
};

test("an answer has its log-probability under the base wherever that is run: guided, alone and the best of several", async () => {
  const guided = await generationsOf({ ...uniarm, preferences, strength: 2 });
  expectReadBack(guided);
  expect(guided.some((one) => Math.abs(one.logProbNats - one.baseLogProbNats!) > 0.1)).toBe(true);
  expectReadBack(await generationsOf({ ...uniarm, preferences, bestOf: 2 }));
  expectReadBack(await generationsOf({ ...uniarm, preferences, topLogProbs: 2 }));
  for (const { logProbNats, baseLogProbNats } of await generationsOf({ model: uniarm.model }))
    expect(baseLogProbNats).toBeCloseTo(logProbNats, 4);
});

test.each([{ rule: "soup" }, { rule: "mod" }])(
  "where the base does not count, it is read when it is asked for: %j",
  async (fusion) => {
    const asked = { ...dpo, preferences, fusion };
    const without = await generationsOf(asked);
    const read = await generationsOf({ ...asked, baseLogProbs: true });
    expect(without.every((one) => one.baseLogProbNats === undefined)).toBe(true);
    expect(read.map(({ tokenIds }) => tokenIds)).toEqual(without.map(({ tokenIds }) => tokenIds));
    expectReadBack(read);
  },
);

test("beam search reads none, and is told so where it is asked to", async () => {
  const beams = { ...uniarm, preferences, sampling: {}, beams: 2 };
  expect((await generationsOf(beams))[0]!.baseLogProbNats).toBeUndefined();
  await expect(generationsOf({ ...beams, baseLogProbs: true })).rejects.toThrow(
    "beams search for the likeliest response, but the base model is read as single tokens are chosen: set baseLogProbs false, or beams 1",
  );
});

test("keeps no tensor", () => expectNoTensorLeak(() => generationsOf({ ...dpo, preferences, baseLogProbs: true })));
