import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { DecodingConfig, Generation, UniArmError } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { decode } from "../src/decode.ts";
import { openGuidedModel } from "../src/guided-model.ts";
import { openInteractive } from "../src/interactive/open.ts";
import { settingsPath } from "../src/generation-file.ts";
import type { DecodingInput } from "./inputs.ts";
import { writeTinyWorld } from "./tiny-checkpoint.ts";

type Input = Partial<DecodingInput>;
const PROMPTS = ["Hi", "What now?", "Where?"].map((text, index) => ({ id: `p${index}`, text }));

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let genarm: { model: string; checkpoint: string };
beforeAll(async () => {
  folder = await temporaryFolder();
  genarm = await writeTinyWorld(folder.path, "genarm");
});
afterAll(() => folder.remove());

const configOf = (input: Input = {}): DecodingConfig =>
  DecodingConfig.parse({
    ...genarm,
    prompts: PROMPTS,
    preferences: [
      [0.25, 0.75],
      [1, 0],
    ],
    strength: 2,
    maxNewTokens: 8,
    ...input,
  });

async function generationsOf(input: Input = {}): Promise<Generation[]> {
  const events = await collect(decode(configOf(input)));
  return events.flatMap((event) => (event.type === "generation" ? [Generation.parse(event.generation)] : []));
}

describe("the best of n", () => {
  const drawn = { sampling: { temperature: 1.5 }, seed: 3 };

  test("is what the ARMs find likeliest: never less with more draws, and the first draw is the plain one", async () => {
    const plain = await generationsOf(drawn);
    const [two, six] = [await generationsOf({ ...drawn, bestOf: 2 }), await generationsOf({ ...drawn, bestOf: 6 })];
    two.forEach(({ armLogProbNats }, row) =>
      expect(six[row]!.armLogProbNats).toBeGreaterThanOrEqual(armLogProbNats! - 1e-4),
    );
    expect(six.some(({ armLogProbNats }, row) => armLogProbNats! > two[row]!.armLogProbNats! + 0.1)).toBe(true);
    const kept = two.filter(({ tokenIds }, row) => tokenIds.join() === plain[row]!.tokenIds.join());
    expect(kept.length).toBeGreaterThan(0);
    expect(kept.length).toBeLessThan(two.length);
    expect(plain[0]).not.toHaveProperty("armLogProbNats");
  });

  test("is measured by the sum of c_l log p_l of the response's tokens", async () => {
    const responses = await generationsOf({ ...drawn, bestOf: 3, topLogProbs: 1 });
    for (const { armLogProbNats, topLogProbs, preference } of responses) {
      const sum = topLogProbs!.reduce(
        (total, { chosen }) =>
          total + chosen.arms.reduce<number>((all, logProb, arm) => all + 2 * preference![arm]! * (logProb ?? 0), 0),
        0,
      );
      expect(armLogProbNats).toBeCloseTo(sum, 3);
    }
  });

  test("does not depend on the batch, and frees what it makes", async () => {
    await expectNoTensorLeak(async () => {
      const whole = await generationsOf({ ...drawn, bestOf: 4 });
      const parts = await generationsOf({ ...drawn, bestOf: 4, batchRows: 9 }); // two responses at once
      expect(parts.map(({ tokenIds }) => tokenIds)).toEqual(whole.map(({ tokenIds }) => tokenIds));
      for await (const event of decode(configOf({ ...drawn, bestOf: 2 }))) if (event.type === "progress") break;
    });
  });
});

describe("log-probabilities on request", () => {
  test("are there for each token, likeliest first, and sum to what the response has", async () => {
    const sampling = { temperature: 2, presencePenalty: 1, logitBias: { "97": 4 } }; // none of it is in the numbers
    const responses = await generationsOf({ sampling, topLogProbs: 4 });
    let unlikely = 0;
    for (const { tokenIds, topLogProbs, logProbNats } of responses) {
      expect(topLogProbs!.map(({ chosen }) => chosen.tokenId)).toEqual(tokenIds);
      expect(topLogProbs!.reduce((sum, { chosen }) => sum + chosen.fused, 0)).toBeCloseTo(logProbNats, 3);
      for (const { chosen, top } of topLogProbs!) {
        expect(top).toHaveLength(4);
        expect(top.map(({ fused }) => fused)).toEqual(
          top.map(({ fused }) => fused).toSorted((one, other) => other - one),
        );
        const same = top.find(({ tokenId }) => tokenId === chosen.tokenId);
        if (same) expect(same).toEqual(chosen);
        else unlikely += Number(chosen.fused <= top[3]!.fused);
        // one normaliser a step: fused - base - arm is the same for all its tokens
        const rests = [chosen, ...top].map(({ fused, base, arm }) => fused - base - arm);
        for (const rest of rests) expect(rest).toBeCloseTo(rests[0]!, 3);
      }
    }
    expect(unlikely).toBeGreaterThan(10);
  });

  test("do not change the response, and null is the ARM that does not count", async () => {
    const plain = await generationsOf();
    const read = await generationsOf({ topLogProbs: 1 });
    expect(read.map(({ topLogProbs: _, ...rest }) => rest)).toEqual(plain);
    const one = read.find(({ preference }) => preference![0] === 1)!;
    expect(one.topLogProbs![0]!.chosen.arms).toEqual([expect.any(Number), null]);
    for (const { topLogProbs } of read) for (const { chosen, top } of topLogProbs!) expect(top).toEqual([chosen]); // greedy
  });
});

describe("stop strings", () => {
  test("end the response, are cut from its text and stay in its tokens", async () => {
    const [free] = await generationsOf({ sampling: { logitBias: { "97": 6, "98": 6, "99": 6 } } });
    const stop = free!.text.slice(2, 5);
    const [stopped] = await generationsOf({ sampling: { logitBias: { "97": 6, "98": 6, "99": 6 }, stop: [stop] } });
    const end = free!.text.indexOf(stop);
    expect(stop).toHaveLength(3);
    expect(stopped).toMatchObject({ finish: "stop", text: free!.text.slice(0, end) });
    expect(stopped!.tokenIds).toEqual(free!.tokenIds.slice(0, end + 3)); // a token a byte
  });
});

describe("beams", () => {
  test("give one response that is at least as likely as the greedy one", async () => {
    const greedy = await generationsOf();
    const wide = await generationsOf({ beams: 6, lengthPenalty: 0, batchRows: 13 });
    const better = wide.filter(({ logProbNats }, row) => logProbNats > greedy[row]!.logProbNats + 1e-3);
    expect(better.length).toBeGreaterThan(0);
    expect(await generationsOf({ beams: 6, lengthPenalty: 0 })).toMatchObject(
      wide.map(({ tokenIds, finish }) => ({ tokenIds, finish })),
    );
  });
});

describe("the settings beside an output file", () => {
  const written = async (name: string, input: Input): Promise<Record<string, unknown>> => {
    const output = join(folder.path, `${name}.jsonl`);
    await generationsOf({ ...input, output, prompts: PROMPTS.slice(0, 1), maxNewTokens: 4 });
    const { settings } = JSON.parse(await readFile(settingsPath(output), "utf8")) as {
      settings: Record<string, unknown>;
    };
    return settings;
  };

  test("are those of earlier versions where nothing new is set", async () => {
    const names = ["model", "baseWeights", "checkpoint", "objectives", "prompts", "preferences", "coefficients"];
    const greedy = await written("greedy", { sampling: { topK: 3 } });
    expect(Object.keys(greedy)).toEqual([...names, "strength", "sampling", "seed", "samplesPerPrompt", "maxNewTokens"]);
    expect(JSON.stringify(greedy.sampling)).toBe('{"temperature":0}');
    const sampled = await written("sampled", { sampling: { temperature: 1, topK: 3 } });
    expect(JSON.stringify(sampled.sampling)).toBe('{"temperature":1,"topK":3,"topP":1}');
  });

  test("hold what is set, so that no other run continues the file", async () => {
    const sampling = { stop: ["x"], logitBias: { "5": 1 } };
    expect((await written("stopped", { sampling })).sampling).toEqual({ temperature: 0, ...sampling });
    expect(await written("beams", { beams: 2, lengthPenalty: 0 })).toMatchObject({ beams: 2, lengthPenalty: 0 });
    const drawn = { sampling: { temperature: 1 }, bestOf: 2, topLogProbs: 1 };
    expect(await written("best", drawn)).toMatchObject({ bestOf: 2, topLogProbs: 1 });
    await expect(written("best", { ...drawn, bestOf: 3 })).rejects.toThrow("its bestOf is 2, this run's is 3");
  });
});

describe("what has no effect or cannot be is refused", () => {
  test.each<[string, Input, string]>([
    ["min-p in greedy decoding", { sampling: { minP: 0.1 } }, "minP has no effect at temperature 0"],
    ["fewer tokens than the least", { sampling: { minNewTokens: 9 } }, "minNewTokens 9 is above maxNewTokens 8"],
    ["the best of equal samples", { bestOf: 2 }, "bestOf has no effect at temperature 0"],
    [
      "the best of an unguided model",
      { checkpoint: undefined, preferences: undefined, bestOf: 2 },
      "name a checkpoint",
    ],
    ["the best by ARMs that do not count", { strength: 0, bestOf: 2 }, "bestOf has no effect at strength 0"],
    [
      "the best by coefficients of 0",
      {
        sampling: { temperature: 1 },
        bestOf: 2,
        coefficients: [
          [1, 1],
          [0, 0],
        ],
        strength: 1,
      },
      "at row 2 of the coefficients",
    ],
    ["more draws than a batch has", { sampling: { temperature: 1 }, bestOf: 9, batchRows: 8 }, "above batchRows 8"],
    ["beams with a temperature", { beams: 2, sampling: { temperature: 1 } }, "a temperature draws"],
    ["beams with samples", { beams: 2, samplesPerPrompt: 2 }, "samples would all be equal"],
    ["beams with the best of n", { beams: 2, bestOf: 2 }, "bestOf draws"],
    ["beams with log-probabilities", { beams: 2, topLogProbs: 1 }, "as single tokens are chosen"],
    ["more beams than a batch has", { beams: 9, batchRows: 8 }, "set batchRows to 9 or more"],
    ["a length penalty of nothing", { lengthPenalty: 2 }, "lengthPenalty has no effect without beams"],
    ["a token that is a text", { sampling: { logitBias: { yes: 1 } } }, "expected the id of a token"],
    ["a bias that 32 bits do not hold", { sampling: { logitBias: { "5": 1e39 } } }, "10000"],
    ["a penalty of nothing", { sampling: { repetitionPenalty: 0 } }, "0.001"],
    ["an empty stop string", { sampling: { stop: [""] } }, "stop"],
  ])("%s", (_, input, sentence) => {
    expect(() => configOf(input)).toThrow(sentence);
  });

  test("a bias of a token that the model does not have, before anything is decoded", async () => {
    await expect(generationsOf({ sampling: { logitBias: { "258": 1 } } })).rejects.toThrow(
      "logitBias names token 258, but only tokens 0 to 257 can be chosen",
    );
  });

  test("by an interactive request at once", async () => {
    const model = await openGuidedModel(genarm);
    const interactive = openInteractive(model, { maxRows: 1 });
    const ask = (sampling: DecodingInput["sampling"]) => {
      const { sampling: parsed } = configOf({ sampling, maxNewTokens: 9 });
      return () =>
        interactive.ask({ prompt: PROMPTS[0]!, preference: null, sampling: parsed, maxNewTokens: 8, seed: 0 });
    };
    expect(ask({ logitBias: { "999": 1 } })).toThrow(UniArmError);
    expect(ask({ minNewTokens: 9 })).toThrow("minNewTokens 9 is above maxNewTokens 8");
    await interactive.close();
    model.dispose();
  });
});
