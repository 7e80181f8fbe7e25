import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { exportWeights, loadCheckpoint } from "@uniarm/core";
import { DecodingConfig, preferenceGrid, SamplingConfig, type Fusion, type Generation } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder } from "@uniarm/core/testing";
import { decode } from "../../src/decode.ts";
import { openGuidedModel } from "../../src/guided-model.ts";
import type { InteractiveEvent } from "../../src/interactive/request.ts";
import { openInteractive } from "../../src/interactive/open.ts";
import { writeTinyWorld } from "../tiny-checkpoint.ts";

type PolicyMethod = "dpo" | "modpo" | "finetune" | "uniarm" | "genarm";
const PROMPTS = ["Hi", "What now?", "A rather longer question"].map((text, index) => ({ id: `p${index}`, text }));
const GREEDY = SamplingConfig.parse({});
const SAMPLED = SamplingConfig.parse({ temperature: 1 });

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const places = {} as Record<PolicyMethod, { model: string; checkpoint: string }>;
beforeAll(async () => {
  folder = await temporaryFolder();
  for (const method of ["dpo", "modpo", "finetune", "uniarm", "genarm"] as const)
    places[method] = await writeTinyWorld(folder.path, method);
});
afterAll(() => folder.remove());

const configOf = (method: keyof typeof places, more: object = {}): DecodingConfig =>
  DecodingConfig.parse({
    ...places[method],
    prompts: PROMPTS,
    preferences: preferenceGrid(2, 4),
    maxNewTokens: 6,
    ...more,
  });
async function generationsOf(config: DecodingConfig): Promise<Generation[]> {
  const events = await collect(decode(config));
  return events.flatMap((event) => (event.type === "generation" ? [event.generation] : []));
}
const tokensOf = (generations: readonly Generation[]): number[][] => generations.map(({ tokenIds }) => tokenIds);

const RULES: readonly (readonly [name: string, PolicyMethod, Fusion | undefined])[] = [
  ["dpo, by default", "dpo", undefined],
  ["dpo by exact forward KL", "dpo", { rule: "mod", divergence: "forward-kl", form: "exact" }],
  ["dpo by exact JSD", "dpo", { rule: "mod", divergence: "jsd", form: "exact" }],
  ["dpo by published alpha", "dpo", { rule: "mod", divergence: "alpha", form: "published" }],
  ["dpo as a soup", "dpo", { rule: "soup", mean: "deltas" }],
  ["dpo as a soup of factors", "dpo", { rule: "soup", mean: "factors" }],
  ["modpo", "modpo", undefined],
  ["finetune", "finetune", undefined],
  ["uniarm, the ARM alone", "uniarm", { rule: "arm" }],
  ["genarm, the ARMs alone", "genarm", { rule: "arm" }],
];

describe.each(RULES)("a checkpoint of %s", (_, method, fusion) => {
  test("answers each row as it does alone, greedy and sampled, and keeps no tensor", async () => {
    for (const sampling of [GREEDY, SAMPLED]) {
      const prompts = PROMPTS.slice(1);
      const config = configOf(method, {
        fusion,
        sampling,
        prompts,
        preferences: preferenceGrid(2, 2),
        maxNewTokens: 4,
      });
      await expectNoTensorLeak(async () => {
        const together = await generationsOf(config);
        expect(tokensOf(await generationsOf({ ...config, batchRows: 1 }))).toEqual(tokensOf(together));
        expect(new Set(together.slice(0, 3).map(({ text }) => text)).size).toBeGreaterThan(1); // preferences steer
      });
    }
  });

  test("answers requests that come one by one with decode's tokens, beside what the base says", async () => {
    await expectNoTensorLeak(async () => {
      const guided = await openGuidedModel({ ...places[method], fusion });
      const interactive = openInteractive(guided, { maxRows: 8 });
      const asked = [[0, 1], [0.5, 0.5], [0.75, 0.25], null].map((preference, seed) =>
        collect<InteractiveEvent>(
          interactive.ask({
            prompt: PROMPTS[1]!,
            preference,
            sampling: seed === 1 ? SAMPLED : GREEDY,
            maxNewTokens: 6,
            seed,
          }),
        ),
      );
      const answers = await Promise.all(asked);
      for (const [seed, preference] of [[0, 1], [0.5, 0.5], [0.75, 0.25], null].entries()) {
        const more = { prompts: [PROMPTS[1]!], sampling: seed === 1 ? SAMPLED : GREEDY, seed };
        const guide = { fusion, preferences: [preference] };
        const none = { checkpoint: undefined, preferences: undefined };
        const [expected] = await generationsOf(configOf(method, { ...more, ...(preference ? guide : none) }));
        const tokens = answers[seed]!.filter((event) => event.type === "token");
        expect(tokens.map(({ tokenId }) => tokenId)).toEqual(expected!.tokenIds);
        expect(tokens.reduce((sum, { fused }) => sum + fused, 0)).toBeCloseTo(expected!.logProbNats, 3);
        for (const { base, arm, fused, runnerUp } of tokens) {
          expect(Number.isFinite(base) && Number.isFinite(runnerUp.base)).toBe(true);
          expect(arm).toBe(preference ? fused : 0);
          if (!preference) expect(fused).toBeCloseTo(base, 4);
        }
      }
      await interactive.close();
      guided.dispose();
    });
  });
});

test("one open model answers under every rule of its checkpoint, side by side, with the tokens of each alone", async () => {
  const rules: Fusion[] = [
    { rule: "mod", divergence: "reverse-kl", form: "exact" },
    { rule: "mod", divergence: "forward-kl", form: "published" },
    { rule: "soup", mean: "deltas" },
    { rule: "soup", mean: "factors" },
  ];
  const preference = [0.5, 0.5];
  await expectNoTensorLeak(async () => {
    const guided = await openGuidedModel(places.dpo);
    const interactive = openInteractive(guided, { maxRows: 8 });
    const ask = (fusion: Fusion | undefined, seed: number) =>
      collect<InteractiveEvent>(
        interactive.ask({ prompt: PROMPTS[1]!, preference, fusion, sampling: SAMPLED, maxNewTokens: 6, seed }),
      );
    const answers = await Promise.all([...rules.map(ask), ...rules.map(ask), ask(undefined, 0)]);
    const tokensIn = (events: InteractiveEvent[]): number[] =>
      events.flatMap((event) => (event.type === "token" ? [event.tokenId] : []));
    for (const [seed, fusion] of rules.entries()) {
      const config = configOf("dpo", {
        fusion,
        preferences: [preference],
        prompts: [PROMPTS[1]!],
        sampling: SAMPLED,
        seed,
      });
      const [expected] = await generationsOf(config);
      expect(tokensIn(answers[seed]!), JSON.stringify(fusion)).toEqual(expected!.tokenIds);
      expect(answers[seed + rules.length]).toEqual(answers[seed]);
    }
    expect(tokensIn(answers.at(-1)!)).toEqual(tokensIn(answers[0])); // its first rule, where none is asked for
    const soups = answers[2]!.at(-1)!;
    expect(soups.type === "end" && soups.batchRows).toBe(2); // those of one rule share a batch
    await interactive.close();
    guided.dispose();
  });
});

test("a rule that the open checkpoint does not have, or without a checkpoint, is refused when it is asked for", async () => {
  const asked = { prompt: PROMPTS[0]!, preference: [0.5, 0.5], sampling: GREEDY, maxNewTokens: 2, seed: 0 };
  const soup: Fusion = { rule: "soup", mean: "deltas" };
  const guided = await openGuidedModel(places.uniarm);
  const interactive = openInteractive(guided, { maxRows: 8 });
  expect(() => interactive.ask({ ...asked, fusion: soup })).toThrow(
    "Fusion soup was asked for, but this checkpoint was trained with uniarm, which has product and arm.",
  );
  await interactive.close();
  guided.dispose();
  const alone = await openGuidedModel({ model: places.uniarm.model });
  const unguided = openInteractive(alone, { maxRows: 8 });
  expect(() => unguided.ask({ ...asked, preference: null, fusion: { rule: "product" } })).toThrow(
    "Fusion product was asked for, but no checkpoint is open",
  );
  await unguided.close();
  alone.dispose();
});

describe("a tuned policy", () => {
  test("alone gives the greedy answers of the model that it is merged into", async () => {
    const merged = join(folder.path, "merged");
    const { arms } = await loadCheckpoint(places.finetune.checkpoint);
    await exportWeights(merged, places.finetune.model, arms[0]!, [0.25, 0.75]);
    for (const arm of arms) arm.dispose();
    const ofMerged = await generationsOf(DecodingConfig.parse({ model: merged, prompts: PROMPTS, maxNewTokens: 6 }));
    const ofPolicy = await generationsOf(configOf("finetune", { preferences: [[0.25, 0.75]] }));
    expect(tokensOf(ofPolicy)).toEqual(tokensOf(ofMerged));
  });

  test.each([
    ["uniarm", [0.25, 0.75], 0],
    ["genarm", [0, 1], 1],
  ] as const)("%s: the ARM alone, too, at %j", async (method, preference, arm) => {
    const merged = join(folder.path, `merged-${method}`);
    const { arms } = await loadCheckpoint(places[method].checkpoint);
    await exportWeights(merged, places[method].model, arms[arm]!, preference);
    for (const one of arms) one.dispose();
    const ofMerged = await generationsOf(DecodingConfig.parse({ model: merged, prompts: PROMPTS, maxNewTokens: 6 }));
    const ofArm = await generationsOf(configOf(method, { preferences: [preference], fusion: { rule: "arm" } }));
    expect(tokensOf(ofArm)).toEqual(tokensOf(ofMerged));
  });

  test("that is the nearest answers for its neighbours, and a notice says so", async () => {
    const events = await collect(decode(configOf("modpo")));
    expect(events).toContainEqual({
      type: "notice",
      code: "nearest-policy",
      message:
        "No policy was tuned for some preferences: [0.25, 0.75] by that of [0, 1], [0.75, 0.25] by that of [0.5, 0.5] is the nearest.",
    });
    const texts = events.flatMap((event) => (event.type === "generation" ? [event.generation.text] : []));
    expect(texts[1]).toBe(texts[0]);
    expect(texts[3]).toBe(texts[2]);
    expect(new Set(texts.slice(0, 5)).size).toBe(3);
    const exact = await collect(decode(configOf("modpo", { preferences: [[1, 0]] })));
    expect(exact.some(({ type }) => type === "notice")).toBe(false);
  });
});

describe("decode refuses", () => {
  const refusal = (method: keyof typeof places, more: object): Promise<unknown> =>
    collect(decode(configOf(method, more)));

  test.each([
    [
      "uniarm",
      "soup",
      "was trained with uniarm, which has product and arm. Leave out the fusion, or set its rule to product or arm.",
    ],
    ["dpo", "product", "which has mod and soup. Leave out the fusion, or set its rule to mod or soup."],
    ["modpo", "policy", "which has nearest"],
  ] as const)("of a %s checkpoint the rule %s", async (method, rule, sentence) => {
    await expect(refusal(method, { fusion: { rule } })).rejects.toThrow(sentence);
  });

  test.each(["dpo", "modpo", "finetune"] as const)("of %s what has no effect on policies", async (method) => {
    await expect(refusal(method, { strength: 2 })).rejects.toThrow(/Strength 2 was given, but fusion \w+ has none/);
    await expect(refusal(method, { coefficients: [[1, 1]], preferences: [[0, 1]] })).rejects.toThrow(
      `this checkpoint was trained with ${method}. Leave out the coefficients.`,
    );
    await expect(refusal(method, { armModel: places.dpo.model })).rejects.toThrow("and leave out armModel");
  });

  test("a fusion of nothing, and an alpha that no divergence has", () => {
    expect(() => configOf("dpo", { checkpoint: undefined, preferences: undefined, fusion: { rule: "mod" } })).toThrow(
      "fusion needs a checkpoint",
    );
    expect(() => configOf("dpo", { fusion: { rule: "mod", alpha: 0.3 } })).toThrow("set divergence to alpha");
  });
});

test("an output file is not continued by another rule; the product's settings name no rule", async () => {
  const output = join(folder.path, "dpo.jsonl");
  const config = configOf("dpo", { output, preferences: [[0.5, 0.5]] });
  await generationsOf(config);
  const same: Fusion = { rule: "mod", divergence: "reverse-kl", form: "published" };
  expect(await generationsOf({ ...config, fusion: same })).toHaveLength(PROMPTS.length); // what both forms are for reverse KL
  await expect(generationsOf({ ...config, fusion: { rule: "soup", mean: "deltas" } })).rejects.toThrow(
    "was decoded with other settings (fusion)",
  );
  const guided = join(folder.path, "uniarm.jsonl");
  await generationsOf(configOf("uniarm", { output: guided }));
  const { settings } = JSON.parse(await readFile(`${guided}.config.json`, "utf8")) as { settings: object };
  expect(Object.keys(settings)).toEqual([
    "model",
    "baseWeights",
    "checkpoint",
    "objectives",
    "prompts",
    "preferences",
    "coefficients",
    "strength",
    "sampling",
    "seed",
    "samplesPerPrompt",
    "maxNewTokens",
  ]);
});
