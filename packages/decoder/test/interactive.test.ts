import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tf } from "@uniarm/core";
import { DecodingConfig, SamplingConfig, type Generation } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder } from "@uniarm/core/testing";
import { decode } from "../src/decode.ts";
import { openGuidedModel, type GuidedModel } from "../src/guided-model.ts";
import { scoresOf } from "../src/guide.ts";
import { disposeBatch, prefill } from "../src/guided-batch.ts";
import { disposeStates, logitsOfRows } from "../src/guided-states.ts";
import { openInteractive } from "../src/interactive/open.ts";
import type { InteractiveEvent, InteractiveRequest } from "../src/interactive/request.ts";
import { encodePrompts } from "../src/prompts.ts";
import { writeTinyWorld } from "./tiny-checkpoint.ts";

type Token = Extract<InteractiveEvent, { type: "token" }>;
type End = Extract<InteractiveEvent, { type: "end" }>;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const places: Record<string, { model: string; checkpoint: string }> = {};
const models: Record<string, GuidedModel> = {};
beforeAll(async () => {
  folder = await temporaryFolder();
  for (const method of ["uniarm", "genarm"] as const) {
    places[method] = await writeTinyWorld(folder.path, method);
    models[method] = await openGuidedModel(places[method]);
  }
});
afterAll(async () => {
  for (const model of Object.values(models)) model.dispose();
  await folder.remove();
});

const GREEDY = SamplingConfig.parse({});
const request = (more: Partial<InteractiveRequest> = {}): InteractiveRequest => ({
  prompt: { id: "p", text: "What now?" },
  preference: [0.3, 0.7],
  strength: 2,
  sampling: GREEDY,
  maxNewTokens: 12,
  seed: 4,
  ...more,
});

async function answer(events: AsyncIterable<InteractiveEvent>): Promise<{ tokens: Token[]; end: End }> {
  const all = await collect(events);
  return { tokens: all.filter((event) => event.type === "token"), end: all.at(-1) as End };
}

/** What `decode` makes of the same request. */
async function decoded(method: string, asked: InteractiveRequest): Promise<Generation> {
  const { prompt, preference, strength, sampling, maxNewTokens, seed } = asked;
  const guide = preference === null ? {} : { checkpoint: places[method]!.checkpoint, preferences: [preference] };
  const config = DecodingConfig.parse({
    model: places[method]!.model,
    prompts: [prompt],
    strength,
    sampling,
    maxNewTokens,
    seed,
    ...guide,
  });
  const events = await collect(decode(config));
  return events.flatMap((event) => (event.type === "generation" ? [event.generation] : []))[0]!;
}

describe.each(["uniarm", "genarm"])("rows that share a batch of a %s checkpoint", (method) => {
  test.each([
    ["greedy", GREEDY],
    ["sampled", SamplingConfig.parse({ temperature: 1 })],
    ["filtered", SamplingConfig.parse({ temperature: 0.8, topK: 20, topP: 0.9 })],
  ])("are token for token what decode makes of each: %s", async (_, sampling) => {
    const requests = [
      request({ sampling }),
      request({ sampling, preference: [1, 0] }),
      request({ sampling, preference: null }),
      request({ sampling, prompt: { id: "q", text: "A rather longer question, is it?" }, maxNewTokens: 30 }),
      request({ sampling, seed: 9, strength: 0.5, maxNewTokens: 3 }),
    ];
    await expectNoTensorLeak(async () => {
      const interactive = openInteractive(models[method]!, { maxRows: 32 });
      const answers = await Promise.all(requests.map((one) => answer(interactive.ask(one))));
      await interactive.close();
      for (const [index, { tokens, end }] of answers.entries()) {
        const expected = await decoded(method, requests[index]!);
        expect(tokens.map(({ tokenId }) => tokenId)).toEqual(expected.tokenIds);
        expect(end).toMatchObject({ finish: expected.finish, text: expected.text, batchRows: requests.length });
        expect(end.logProbNats).toBeCloseTo(expected.logProbNats, 3);
        expect(tokens.map(({ text }) => text).join("")).toBe(expected.text);
      }
    });
  });

  test.each([
    ["greedy", GREEDY],
    ["sampled", SamplingConfig.parse({ temperature: 1 })],
  ])("are the same though each comes at another time: %s", async (_, sampling) => {
    const requests = [
      request({ sampling, prompt: { id: "q", text: "A rather longer question, is it?" }, maxNewTokens: 9 }),
      request({ sampling, maxNewTokens: 30 }),
      request({ sampling, preference: [1, 0], maxNewTokens: 4 }),
      request({ sampling, prompt: { id: "r", text: "What does one do with the very longest question?" }, seed: 9 }),
      request({ sampling, preference: null }),
      request({ sampling, prompt: { id: "s", text: "?" }, strength: 0.5 }),
    ];
    await expectNoTensorLeak(async () => {
      const interactive = openInteractive(models[method]!, { maxRows: 32 });
      const answers: Promise<{ tokens: Token[]; end: End }>[] = [];
      let batches = 0;
      for (const one of requests) {
        const events = interactive.ask(one);
        answers.push(answer(events));
        const { rows } = interactive.counts();
        await expect
          .poll(() => interactive.counts().rows > rows || interactive.counts().rows === 0, { interval: 1 })
          .toBe(true);
        batches = Math.max(batches, interactive.counts().batches);
      }
      const all = await Promise.all(answers);
      await interactive.close();
      for (const [index, { tokens, end }] of all.entries()) {
        const expected = await decoded(method, requests[index]!);
        expect(tokens.map(({ tokenId }) => tokenId)).toEqual(expected.tokenIds);
        expect(end.text).toBe(expected.text);
        expect(end.logProbNats).toBeCloseTo(expected.logProbNats, 3);
      }
      expect(batches).toBeLessThanOrEqual(2); // those that are unguided, and those of other ARMs, are apart
    });
  });

  test("may sample differently", async () => {
    const samplings = [GREEDY, SamplingConfig.parse({ temperature: 1 }), SamplingConfig.parse({ temperature: 1.5 })];
    const interactive = openInteractive(models[method]!, { maxRows: 32 });
    const requests = samplings.map((sampling) => request({ sampling }));
    const answers = await Promise.all(requests.map((one) => answer(interactive.ask(one))));
    for (const [index, { tokens }] of answers.entries())
      expect(tokens.map(({ tokenId }) => tokenId)).toEqual((await decoded(method, requests[index]!)).tokenIds);
    await interactive.close();
  });
});

/** log softmax of everything that is said after a prompt: of the base, of each lane, of the guided product. */
function distributions(model: GuidedModel, preference: number[], coefficients: number[]): number[][] {
  const [prompt] = encodePrompts([request().prompt], model, 1);
  const { batch, next } = prefill(model, [{ prompt: prompt!, preference, coefficients, sample: 0 }], 1);
  const rows = tf.tidy(() => {
    const apart = logitsOfRows(next, { apart: true });
    return [...tf.logSoftmax(apart.logits).arraySync(), ...tf.logSoftmax(scoresOf(apart)).arraySync()];
  });
  disposeStates(next);
  disposeBatch(batch);
  return rows;
}

describe("a token", () => {
  test("has the log-probabilities of base, ARM and product, and so has the likeliest other one", async () => {
    const interactive = openInteractive(models.uniarm!, { maxRows: 1 });
    const sampling = SamplingConfig.parse({ temperature: 3 });
    for (const [seed, asked] of [GREEDY, sampling, sampling].entries()) {
      const { tokens } = await answer(interactive.ask(request({ sampling: asked, seed, maxNewTokens: 1 })));
      const [base, arm, fused] = distributions(models.uniarm!, [0.3, 0.7], [2]);
      const [{ runnerUp, ...token }] = tokens as [Token];
      const ranked = [...fused!.keys()].sort((one, other) => fused![other]! - fused![one]!);
      expect(runnerUp.tokenId).toBe(ranked.find((id) => id !== token.tokenId));
      for (const said of [token, runnerUp]) {
        expect(said.base).toBeCloseTo(base![said.tokenId]!, 4);
        expect(said.arms).toEqual([expect.closeTo(arm![said.tokenId]!, 4)]);
        expect(said.arm).toBeCloseTo(2 * arm![said.tokenId]!, 4);
        expect(said.fused).toBeCloseTo(fused![said.tokenId]!, 4);
      }
      // one normaliser a step: fused - base - arm is the same for both
      expect(token.fused - token.base - token.arm).toBeCloseTo(runnerUp.fused - runnerUp.base - runnerUp.arm, 3);
    }
    await interactive.close();
  });

  test("holds nothing of ARMs that do not count, whoever else is in the batch", async () => {
    const interactive = openInteractive(models.genarm!, { maxRows: 4 });
    const preferences = [[0, 1], [0.5, 0.5], null];
    const answers = await Promise.all(
      preferences.map((preference) => answer(interactive.ask(request({ preference, maxNewTokens: 1 })))),
    );
    const [second, both, none] = answers.map(({ tokens }) => tokens[0]!);
    expect(second!.arms).toEqual([null, expect.any(Number)]);
    expect(both!.arms).toEqual([expect.any(Number), expect.any(Number)]);
    expect(both!.arm).toBeCloseTo(both!.arms[0]! + both!.arms[1]!, 4); // strength 2 x 0.5
    expect(none).toMatchObject({ arm: 0, arms: [null, null] });
    expect(none!.fused).toBeCloseTo(none!.base, 5);
    await interactive.close();
  });
});

describe("requests", () => {
  test("that wait together share a batch, and one that comes later joins it", async () => {
    const interactive = openInteractive(models.uniarm!, { maxRows: 8 });
    const streams = [[1, 0], [0, 1], null].map((preference) =>
      interactive.ask(request({ preference, maxNewTokens: 40, sampling: SamplingConfig.parse({ temperature: 1 }) })),
    );
    await streams[0]!.next();
    expect(interactive.counts()).toEqual({ rows: 3, waiting: 0, batches: 1 });
    const late = interactive.ask(request({ maxNewTokens: 5 }));
    await late.next();
    expect(interactive.counts()).toMatchObject({ rows: 4, batches: 1 });
    await Promise.all([...streams, late].map((stream) => collect(stream)));
    await interactive.close();
    expect(interactive.counts()).toEqual({ rows: 0, waiting: 0, batches: 0 });
  });

  test("above the most rows wait for room, in order", async () => {
    const interactive = openInteractive(models.uniarm!, { maxRows: 2 });
    const ended: number[] = [];
    const all = [8, 3, 3, 3].map(async (maxNewTokens, index) => {
      await collect(interactive.ask(request({ preference: null, maxNewTokens })));
      ended.push(index);
    });
    expect(interactive.counts()).toEqual({ rows: 0, waiting: 4, batches: 0 });
    await Promise.all(all);
    expect(ended[0]).toBe(1);
    expect(ended.indexOf(2)).toBeLessThan(ended.indexOf(3));
    await interactive.close();
  });

  test("that are aborted leave the batch before the next token, and the others go on", async () => {
    await expectNoTensorLeak(async () => {
      const interactive = openInteractive(models.uniarm!, { maxRows: 2 });
      const gone = new AbortController();
      const unguided = request({ preference: null, maxNewTokens: 20 });
      const leaving = interactive.ask(request({ maxNewTokens: 100 }), gone.signal);
      const staying = answer(interactive.ask(unguided));
      const never = answer(interactive.ask(request(), AbortSignal.abort()));
      await leaving.next();
      const late = answer(interactive.ask(request({ maxNewTokens: 2 }))); // waits for the room of the one that leaves
      gone.abort();
      const left = await collect(leaving);
      expect(left.length).toBeLessThanOrEqual(3);
      expect(left.at(-1)).toMatchObject({ type: "end", finish: "cancelled" });
      expect((await late).tokens).toHaveLength(2);
      expect((await never).end).toMatchObject({ finish: "cancelled", text: "", batchRows: 0 });
      const { tokens } = await staying;
      expect(tokens.map(({ tokenId }) => tokenId)).toEqual((await decoded("uniarm", unguided)).tokenIds);
      await interactive.close();
      expect(interactive.counts()).toEqual({ rows: 0, waiting: 0, batches: 0 });
    });
  });

  test("whose reader stops early are cancelled", async () => {
    await expectNoTensorLeak(async () => {
      const interactive = openInteractive(models.uniarm!, { maxRows: 2 });
      for await (const event of interactive.ask(request({ maxNewTokens: 100 }))) {
        expect(event.type).toBe("token");
        break;
      }
      await interactive.close();
      expect(interactive.counts().rows).toBe(0);
    });
  });

  test("still open at the end are cancelled, and later ones refused", async () => {
    await expectNoTensorLeak(async () => {
      const interactive = openInteractive(models.uniarm!, { maxRows: 1 });
      const streams = [interactive.ask(request({ maxNewTokens: 100 })), interactive.ask(request())];
      await streams[0]!.next();
      await interactive.close();
      for (const stream of streams) expect((await collect(stream)).at(-1)).toMatchObject({ finish: "cancelled" });
      expect(() => interactive.ask(request())).toThrow("open it again");
    });
  });

  test.each([
    ["the context", { maxNewTokens: 500 }, /Set maxNewTokens to \d+ or less/],
    ["the objectives", { preference: [1] }, "this run has 2 objectives"],
    ["the simplex", { preference: [0.4, 0.4] }, "the entries must sum to 1"],
  ])("that do not fit %s are refused at once", (_, more, sentence) => {
    const interactive = openInteractive(models.uniarm!, { maxRows: 1 });
    expect(() => interactive.ask(request(more))).toThrow(sentence);
    expect(interactive.counts().waiting).toBe(0);
  });

  test("with a preference need a checkpoint", async () => {
    const base = await openGuidedModel({ model: places.uniarm!.model });
    const interactive = openInteractive(base, { maxRows: 1 });
    expect(() => interactive.ask(request())).toThrow("Open a checkpoint, or leave out the preference");
    const { end } = await answer(interactive.ask(request({ preference: null })));
    expect(end.text).toBe((await decoded("uniarm", request({ preference: null }))).text);
    await interactive.close();
    base.dispose();
  });

  test("whose distribution is not a number fail alone, with a sentence", async () => {
    await expectNoTensorLeak(async () => {
      const interactive = openInteractive(models.uniarm!, { maxRows: 2 });
      const broken = collect(interactive.ask(request({ strength: Number.MAX_VALUE })));
      const whole = answer(interactive.ask(request()));
      await expect(broken).rejects.toThrow("try a smaller strength");
      expect((await whole).tokens.length).toBeGreaterThan(0);
      await interactive.close();
    });
  });
});
