import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tf } from "@uniarm/core";
import { SamplingConfig } from "@uniarm/core/schema";
import { byteTokenizer, expectNoTensorLeak } from "@uniarm/core/testing";
import { beamSearch, type BeamOptions } from "../src/beam-search.ts";
import { stepBeams, type Beam, type BeamRules, type Hypothesis } from "../src/beams.ts";
import { generate, type Generated } from "../src/generate.ts";
import { scoresOf } from "../src/guide.ts";
import { disposeBatch, prefill } from "../src/guided-batch.ts";
import { disposeStates, logitsOfRows } from "../src/guided-states.ts";
import type { DecodingRow } from "../src/rows.ts";
import { generated } from "./generated.ts";
import { goldenDecoder, goldenRow } from "./golden-models.ts";
import { goldenSampling } from "./golden-sampling.ts";

const options = (more: Partial<BeamOptions> = {}): BeamOptions => ({
  sampling: SamplingConfig.parse({}),
  maxNewTokens: 14,
  beams: 3,
  lengthPenalty: 1,
  ...more,
});

describe("beam search of the base model", () => {
  const golden = goldenSampling();
  let decoder: Awaited<ReturnType<typeof goldenDecoder>>;
  beforeAll(async () => {
    decoder = await goldenDecoder("moslora", []);
  });
  afterAll(() => {
    decoder.dispose();
  });
  const settings = new Set(
    golden.beams.map(({ beams, lengthPenalty, eos }) => JSON.stringify({ beams, lengthPenalty, eos })),
  );

  test.each([...settings])("finds the responses of transformers, all prompts in one batch: %s", async (name) => {
    const { beams, lengthPenalty, eos } = JSON.parse(name) as { beams: number; lengthPenalty: number; eos: number[] };
    const expected = golden.beams.filter((one) => JSON.stringify({ ...one }).startsWith(name.slice(0, -1)));
    const rows = expected.map(({ prompt }) => goldenRow(JSON.stringify(prompt), prompt, null, []));
    const asked = options({ beams, lengthPenalty, maxNewTokens: golden.new_tokens });
    const ending = { ...decoder, eosTokenIds: new Set(eos) };
    let found: Generated[] = [];
    await expectNoTensorLeak(async () => {
      found = await generated(beamSearch(ending, rows, asked));
    });
    expect(found.map(({ tokenIds }) => tokenIds)).toEqual(expected.map(({ tokens }) => tokens));
    found.forEach(({ logProbNats, tokenIds, finish }, index) => {
      const score = logProbNats / tokenIds.length ** lengthPenalty;
      expect(Math.abs(score / expected[index]!.score - 1)).toBeLessThan(1e-4); // float32 sums of 14 log-probabilities
      expect(finish).toBe(eos.includes(tokenIds.at(-1)!) ? "eos" : "length");
    });
  });

  test("greedy with processed scores gives the tokens of transformers", async () => {
    for (const { settings: sampling, eos, prompt, tokens } of golden.greedy) {
      const ending = { ...decoder, eosTokenIds: new Set(eos) };
      const row = goldenRow("p", prompt, null, []);
      const asked = { sampling: SamplingConfig.parse(sampling), maxNewTokens: golden.new_tokens, seed: 0 };
      const [found] = await generated(generate(ending, [row], asked));
      expect(found!.tokenIds, JSON.stringify(sampling)).toEqual(tokens);
    }
  });
});

describe("beam search of a guided model", () => {
  let decoder: Awaited<ReturnType<typeof goldenDecoder>>;
  beforeAll(async () => {
    decoder = await goldenDecoder("moslora", ["moslora/adapter_model.safetensors"], 39);
  });
  afterAll(() => {
    decoder.dispose();
  });
  const row = (ids: number[], preference = [0.5, 0.5]): DecodingRow =>
    goldenRow(JSON.stringify([ids, preference]), ids, preference, [1]);

  /** Guided log-probabilities of the token after some ids, read anew. */
  function logProbsAfter(ids: number[]): number[] {
    const { batch, next } = prefill(decoder, [row(ids)], 1);
    const [line] = tf.tidy(() => tf.logSoftmax(scoresOf(logitsOfRows(next))).arraySync());
    disposeStates(next);
    disposeBatch(batch);
    return line!;
  }

  test("one beam is greedy decoding where longer is not better, whatever the processing", async () => {
    const rows = [row([5, 6, 7]), row([8, 9], [1, 0])];
    for (const sampling of [{}, { repetitionPenalty: 1.3, minNewTokens: 9, logitBias: { "39": 5 } }]) {
      const asked = options({ beams: 1, lengthPenalty: 0, sampling: SamplingConfig.parse(sampling) });
      const greedy = await generated(generate(decoder, rows, { ...asked, seed: 0 }));
      const found = await generated(beamSearch(decoder, rows, asked));
      expect(found.map(({ tokenIds }) => tokenIds)).toEqual(greedy.map(({ tokenIds }) => tokenIds));
      found.forEach(({ logProbNats }, index) => expect(logProbNats).toBeCloseTo(greedy[index]!.logProbNats, 3));
    }
  });

  test("as many beams as there are first tokens find the likeliest two tokens of all", async () => {
    const only = [3, 4, 39, 40, 41]; // the bias leaves five tokens: 5 + 4 x 5 responses
    const logitBias = Object.fromEntries(
      Array.from({ length: 195 }, (_, id) => id)
        .filter((id) => !only.includes(id))
        .map((id) => [String(id), -1000]),
    );
    for (const lengthPenalty of [0, 1, 3]) {
      const asked = options({
        beams: 5,
        lengthPenalty,
        maxNewTokens: 2,
        sampling: SamplingConfig.parse({ logitBias }),
      });
      const [found] = await generated(beamSearch(decoder, [row([5, 6, 7])], asked));
      const among = (ids: number[]): Map<number, number> => {
        const all = logProbsAfter(ids);
        const sum = Math.log(only.reduce((total, id) => total + Math.exp(all[id]!), 0));
        return new Map(only.map((id) => [id, all[id]! - sum]));
      };
      const responses = [...among([5, 6, 7])].flatMap(([first, logProb]) =>
        first === 39
          ? [{ tokenIds: [first], value: logProb }]
          : [...among([5, 6, 7, first])].map(([second, more]) => ({
              tokenIds: [first, second],
              value: (logProb + more) / 2 ** lengthPenalty,
            })),
      );
      const best = responses.reduce((one, other) => (other.value > one.value ? other : one));
      expect(responses).toHaveLength(21);
      expect(found!.tokenIds).toEqual(best.tokenIds);
    }
  });

  test("gives a row what it gets alone, beside others that end earlier", async () => {
    const rows = [row([5, 6, 7]), row([144, 31, 119, 26, 17, 134], [1, 0]), row([9], [0, 1])];
    const together = await generated(beamSearch(decoder, rows, options({ lengthPenalty: 0 })));
    for (const [index, one] of rows.entries()) {
      const [alone] = await generated(beamSearch(decoder, [one], options({ lengthPenalty: 0 })));
      expect(together[index]!.tokenIds).toEqual(alone!.tokenIds);
    }
    expect(new Set(together.map(({ tokenIds }) => tokenIds.length)).size).toBeGreaterThan(1);
  });

  test("a response that holds a stop string is whole", async () => {
    const [free] = await generated(beamSearch(decoder, [row([5, 6, 7])], options({ beams: 2 })));
    const tokenizer = byteTokenizer();
    const stop = tokenizer.decode(free!.tokenIds.slice(0, 1));
    const asked = options({ beams: 2, lengthPenalty: 0, sampling: SamplingConfig.parse({ stop: [stop] }) });
    const [found] = await generated(beamSearch({ ...decoder, tokenizer }, [row([5, 6, 7])], asked));
    expect(found!.finish).toBe("stop");
    await expect(generated(beamSearch(decoder, [row([5])], asked))).rejects.toThrow("no tokenizer");
  });

  test("keeps no tensor when its consumer stops early or it is aborted", async () => {
    await expectNoTensorLeak(async () => {
      const controller = new AbortController();
      const steps = beamSearch(decoder, [row([5, 6, 7])], options({ signal: controller.signal }));
      await steps.next();
      controller.abort(new Error("enough"));
      await expect(steps.next()).rejects.toThrow("enough");
      for await (const finished of beamSearch(decoder, [row([5, 6, 7])], options())) {
        expect(finished).toBe(0);
        break;
      }
    });
  });
});

describe("a step of beams", () => {
  const rules = (more: Partial<BeamRules> = {}): BeamRules => ({
    beams: 2,
    lengthPenalty: 0,
    maxNewTokens: 9,
    endings: 1,
    finishOf: (ids) => (ids.at(-1) === 0 ? "eos" : null),
    ...more,
  });
  const start: Beam = { tokenIds: [], score: 0, logProbNats: 0 };
  const logs = (...probabilities: number[]): Float32Array => Float32Array.from(probabilities, Math.log);
  const next = (...probabilities: number[]) => ({ compared: logs(...probabilities), guided: logs(...probabilities) });

  test("follows the best that do not end, and keeps the best that does", () => {
    const { live, best } = stepBeams([start], [next(0.3, 0.4, 0.2, 0.1)], null, rules());
    expect(live.map(({ tokenIds }) => tokenIds)).toEqual([[1], [2]]);
    expect(best).toMatchObject({ tokenIds: [0], finish: "eos", value: expect.closeTo(Math.log(0.3), 5) as number });
  });

  test("counts an end only among the first", () => {
    const { live, best } = stepBeams([start], [next(0.1, 0.4, 0.3, 0.2)], null, rules());
    expect(live.map(({ tokenIds }) => tokenIds)).toEqual([[1], [2]]);
    expect(best).toBeNull();
  });

  test("goes on by tokens that do not end, however many before them complete a stop string", () => {
    const stops = rules({
      lengthPenalty: 1,
      finishOf: (ids) => (ids.at(-1)! < 4 ? (ids.at(-1) === 0 ? "eos" : "stop") : null),
    });
    const { live, best } = stepBeams([start], [next(0.2, 0.25, 0.24, 0.23, 0.08)], null, stops);
    expect(live.map(({ tokenIds }) => tokenIds)).toEqual([[4]]);
    expect(best).toMatchObject({ tokenIds: [1], finish: "stop" });
  });

  test("of equal ones takes the earlier beam, then the lower token", () => {
    const beams = [start, { ...start }];
    const { live } = stepBeams(beams, [next(0, 0.5, 0.5), next(0, 0.5, 0.5)], null, rules({ beams: 3 }));
    expect(live.map(({ from, tokenIds }) => [from, ...tokenIds])).toEqual([
      [0, 1],
      [0, 2],
      [1, 1],
    ]);
  });

  test.each([
    [0, -1.5, false],
    [0, -0.5, true],
    [1, -0.06, true], // the beam's score -0.69 over the nine tokens that it may have at most: -0.077
    [1, -0.1, false],
  ])("at length penalty %d and a best of %d it is over: %s", (lengthPenalty, value, isOver) => {
    const best: Hypothesis = { ...start, finish: "eos", value };
    const { live } = stepBeams([start], [next(0, 0.5, 0.3, 0.2)], best, rules({ lengthPenalty }));
    expect(live.length === 0).toBe(isOver);
  });
});
