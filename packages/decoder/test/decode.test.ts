import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { openEngine } from "@uniarm/core";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { DecodingConfig, Generation, preferenceGrid, RunEvent, UniArmError } from "@uniarm/core/schema";
import { collect, expectNoTensorLeak, temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { decode } from "../src/decode.ts";
import type { DecodingInput } from "./inputs.ts";
import { writeTinyWorld } from "./tiny-checkpoint.ts";

const PROMPTS = ["Hi", "What now?", "Where?", "A rather longer question", "Who"].map((text, index) => ({
  id: `p${index}`,
  text,
}));

const isTensorFlow = (await openEngine()).name === "tensorflow";

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let uniarm: { model: string; checkpoint: string };
let genarm: { model: string; checkpoint: string };
beforeAll(async () => {
  folder = await temporaryFolder();
  uniarm = await writeTinyWorld(folder.path, "uniarm");
  genarm = await writeTinyWorld(folder.path, "genarm");
});
afterAll(() => folder.remove());

const guided = (input: Partial<DecodingInput> = {}): DecodingConfig =>
  DecodingConfig.parse({
    ...uniarm,
    prompts: PROMPTS,
    preferences: preferenceGrid(2, 2),
    maxNewTokens: 8,
    strength: 2,
    ...input,
  });

async function generationsOf(config: DecodingConfig): Promise<Generation[]> {
  const events = await collect(decode(config));
  return events.flatMap((event) => (event.type === "generation" ? [event.generation] : []));
}

const refusal = async (input: object): Promise<UniArmError> => {
  try {
    await collect(decode(DecodingConfig.parse({ ...guided(), ...input })));
  } catch (error) {
    if (error instanceof UniArmError) return error;
    throw error;
  }
  throw new Error("nothing was refused");
};

describe("decode", () => {
  test("yields a generation for every prompt, preference and sample between its first and last event", async () => {
    const config = guided({ samplesPerPrompt: 2, sampling: { temperature: 1, topK: 0, topP: 1 } });
    const events = await collect(decode(config));
    for (const event of events) RunEvent.parse(event);
    expect(events[0]).toEqual({ type: "started", kind: "decode", total: 30 });
    expect(events.at(-1)).toEqual({ type: "finished", message: "30 rows decoded." });
    expect(events.filter(({ type }) => type === "progress").at(-1)).toMatchObject({
      done: 30,
      total: 30,
      unit: "rows",
    });
    const generations = events.flatMap((event) => (event.type === "generation" ? [event.generation] : []));
    expect(
      new Set(generations.map(({ promptId, preference, sample }) => `${promptId} ${preference?.join()} ${sample}`))
        .size,
    ).toBe(30);
    for (const { tokenIds, finish } of generations)
      expect(finish === "eos" ? tokenIds.at(-1) : tokenIds.length).toBe(finish === "eos" ? 257 : 8);
  });

  test("makes the same generations whatever the batch size", async () => {
    const whole = await generationsOf(guided());
    for (const batchRows of [1, 4, 7]) {
      const parts = await generationsOf(guided({ batchRows }));
      expect(parts.map(({ text, tokenIds }) => ({ text, tokenIds }))).toEqual(
        whole.map(({ text, tokenIds }) => ({ text, tokenIds })),
      );
    }
  });

  test("steers: the preferences of one prompt get different answers, and strength 0 gets the base's", async () => {
    const prompts = PROMPTS.slice(0, 1);
    const steered = await generationsOf(guided({ prompts }));
    expect(new Set(steered.map(({ text }) => text)).size).toBeGreaterThan(1);
    const unsteered = await generationsOf(guided({ prompts, strength: 0 }));
    const [base] = await generationsOf(DecodingConfig.parse({ model: uniarm.model, prompts, maxNewTokens: 8 }));
    for (const { tokenIds } of unsteered) expect(tokenIds).toEqual(base!.tokenIds);
    expect(base!.preference).toBeNull();
  });

  test("counts genarm's ARMs by strength times preference, or by free coefficients", async () => {
    const config = { ...genarm, preferences: preferenceGrid(2, 1) };
    const byStrength = await generationsOf(guided(config));
    const byCoefficients = await generationsOf(
      guided({
        ...config,
        strength: 1,
        coefficients: [
          [0, 2],
          [2, 0],
        ],
      }),
    );
    expect(byCoefficients).toEqual(byStrength);
    const others = await generationsOf(
      guided({
        ...config,
        strength: 1,
        coefficients: [
          [0, 2],
          [3, 1],
        ],
      }),
    );
    expect(others.map(({ text }) => text)).not.toEqual(byStrength.map(({ text }) => text));
  });

  test("ignores the seed at temperature 0", async () => {
    expect(await generationsOf(guided({ seed: 1 }))).toEqual(await generationsOf(guided({ seed: 2 })));
  });

  test("reads prompts from a JSONL file", async () => {
    const path = join(folder.path, "prompts.jsonl");
    await writeFile(path, PROMPTS.map((prompt) => `${JSON.stringify(prompt)}\n`).join(""));
    expect(await generationsOf(guided({ prompts: path }))).toEqual(await generationsOf(guided()));
  });

  test("keeps no tensor", async () => {
    await expectNoTensorLeak(() => generationsOf(guided({ batchRows: 4 })));
    await expectNoTensorLeak(() => refusal({ preferences: [[1]] }));
  });
});

describe("decode refuses", () => {
  test("a prompt longer than the context, with its id, its tokens and the limit", async () => {
    const long = { id: "long", text: "x".repeat(200) };
    expect((await refusal({ prompts: [...PROMPTS, long] })).message).toBe(
      "Prompt long has 206 tokens; the model's context is 128 tokens. Shorten or leave out the prompt.",
    );
    expect((await refusal({ prompts: [{ id: "near", text: "x".repeat(100) }], maxNewTokens: 30 })).message).toBe(
      "Prompt near has 106 tokens; with maxNewTokens 30 it would reach 136, and the model's context is 128 tokens. " +
        "Set maxNewTokens to 22 or less, or shorten the prompt.",
    );
  });

  test("prompt ids that are given twice, and files without prompts", async () => {
    expect((await refusal({ prompts: [PROMPTS[0], PROMPTS[0]] })).message).toBe(
      'The list of prompts has prompt id "p0" twice. Give each prompt an id of its own.',
    );
    const path = join(folder.path, "empty.jsonl");
    await writeFile(path, "");
    expect((await refusal({ prompts: path })).message).toContain("empty.jsonl has no prompts");
  });

  test("preferences that do not fit the checkpoint's objectives", async () => {
    expect((await refusal({ preferences: [[0.2, 0.3, 0.5]] })).message).toBe(
      "preference [0.2, 0.3, 0.5] has 3 entries; this run has 2 objectives, so it needs 2.",
    );
    expect(
      (
        await refusal({
          preferences: [
            [1, 0],
            [1, 0],
          ],
        })
      ).message,
    ).toContain("Preference [1, 0] is given twice.");
  });

  test("objectives in another order than the checkpoint's", async () => {
    expect((await refusal({ objectives: ["harmless", "helpful"] })).message).toBe(
      `The uniarm checkpoint of step 1 of run ${folder.path} was trained on objectives [helpful, harmless] but this run asks for [harmless, helpful]. ` +
        "Give objectives and preferences in the checkpoint's order: [helpful, harmless]",
    );
  });

  test("another base model than the checkpoint's", async () => {
    const other = join(folder.path, "other-model");
    await writeTinyModel(other);
    const error = await refusal({ model: other });
    expect(error.code).toBe("checkpoint-base-mismatch");
    expect(error.message).toContain(`was trained on the base model ${uniarm.model}`);
    expect(error.message).toContain(`but the model in ${other} has sha256`);
  });

  test("coefficients where they have no effect, or of another length", async () => {
    const coefficients = [[1], [1], [1]];
    expect((await refusal({ coefficients, strength: 1 })).message).toBe(
      "Coefficients weigh the ARMs of a method that has one for each objective, but this checkpoint was trained with uniarm. Leave out the coefficients and set the strength.",
    );
    expect((await refusal({ ...genarm, coefficients, strength: 1 })).message).toBe(
      "Row 1 of the coefficients has 1 entries; the checkpoint has 2 ARMs, in the order [helpful, harmless].",
    );
    expect(
      (
        await refusal({
          ...genarm,
          coefficients: [
            [1, 1],
            [1, 2],
            [2, 1],
          ],
        })
      ).message,
    ).toContain("Strength 2 and coefficients were both given");
  });

  test("a folder without a model", async () => {
    expect((await refusal({ model: join(folder.path, "nowhere") })).message).toContain("nowhere");
  });
});

describe("decode's output file", () => {
  const output = (name: string): string => join(folder.path, `${name}.jsonl`);
  const sampled = (name: string): DecodingConfig =>
    guided({ output: output(name), batchRows: 6, sampling: { temperature: 1, topK: 0, topP: 1 }, seed: 4 });
  const bytesOf = (name: string): Promise<string> => readFile(output(name), "utf8");

  test("has the same bytes in two equal runs", async () => {
    const generations = await generationsOf(sampled("first"));
    await generationsOf(sampled("second"));
    expect(await bytesOf("second")).toBe(await bytesOf("first"));
    expect(
      (await bytesOf("first"))
        .trimEnd()
        .split("\n")
        .map((line) => Generation.parse(JSON.parse(line))),
    ).toEqual(generations);
  });

  test("of somebody else is refused before anything of it is cut", async () => {
    for (const content of ["notes of mine", '{"a":1}\nno line end']) {
      await writeFile(output("foreign"), content);
      await expect(collect(decode(sampled("foreign")))).rejects.toMatchObject({ code: "output-settings-missing" });
      expect(await bytesOf("foreign")).toBe(content);
    }
  });

  test("is continued: what is there is yielded again, not decoded again", async () => {
    await generationsOf(sampled("straight"));
    const whole = await bytesOf("straight");
    const lines = whole.trimEnd().split("\n");
    await generationsOf(sampled("cut"));
    await writeFile(output("cut"), `${lines.slice(0, 8).join("\n")}\n${lines[8]!.slice(0, 20)}`); // one batch, two rows and a torn line
    const events = await collect(decode(sampled("cut")));
    expect(events[1]).toEqual({
      type: "notice",
      code: "decode-resumed",
      message: `8 of 15 rows were already in ${output("cut")}.`,
    });
    expect(await bytesOf("cut")).toBe(whole);
    expect(events.filter(({ type }) => type === "generation")).toHaveLength(15);
  });

  test("keeps the finished batches when the run is stopped, and says how to continue", async () => {
    const controller = new AbortController();
    const events: RunEvent[] = [];
    for await (const event of decode(sampled("stopped"), { signal: controller.signal })) {
      events.push(event);
      if (event.type === "generation") controller.abort();
    }
    expect(events.at(-1)).toEqual({
      type: "stopped",
      step: 6,
      message: `Stopped after 6 of 15 rows. Finished rows are in ${output("stopped")}: run the same command again to continue.`,
    });
    expect((await bytesOf("stopped")).trimEnd().split("\n")).toHaveLength(6);
    await generationsOf(sampled("stopped"));
    await generationsOf(sampled("unstopped"));
    expect(await bytesOf("stopped")).toBe(await bytesOf("unstopped"));
  });

  test.runIf(isTensorFlow)(
    "is continued in the number format that it was begun with, whatever is the default by now",
    async () => {
      const output = join(folder.path, "format.jsonl");
      const begun = await generationsOf(guided({ output, prompts: PROMPTS.slice(0, 1) }));
      expect(new Set(begun.map(({ baseWeights }) => baseWeights))).toEqual(new Set(["float32"]));
      vi.stubEnv("UNIARM_BASE_WEIGHTS", "bfloat16");
      try {
        expect(await generationsOf(guided({ output, prompts: PROMPTS.slice(0, 1) }))).toEqual(begun);
        const [fresh] = await generationsOf(guided({ prompts: PROMPTS.slice(0, 1) }));
        expect(fresh!.baseWeights).toBe("bfloat16");
      } finally {
        vi.unstubAllEnvs();
      }
    },
  );

  test("is refused when it was made with other settings, or with unknown ones", async () => {
    await generationsOf(sampled("settings"));
    const path = output("settings");
    await expect(collect(decode({ ...sampled("settings"), strength: 3 }))).rejects.toThrow(
      `${path} was decoded with other settings (strength): its strength is 2, this run's is 3. ` +
        `Choose another output, or remove ${path} and ${path}.config.json to decode afresh.`,
    );
    await collect(decode({ ...sampled("settings"), batchRows: 3 })); // the batch size does not matter
    await writeFile(`${path}.config.json`, "{");
    await expect(collect(decode(sampled("settings")))).rejects.toThrow("how they were made is unknown");
  });

  test("is refused when a row is in it twice", async () => {
    await generationsOf(sampled("twice"));
    const whole = await bytesOf("twice");
    await writeFile(output("twice"), whole + whole);
    await expect(collect(decode(sampled("twice")))).rejects.toThrow("sample 0 twice");
  });
});
