import { cp, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { tinyWorldModel } from "@uniarm/tiny-world";
import { golden } from "../golden.ts";
import { runCli } from "../run-cli.ts";

const model = (name: string): string => golden("core", `models/${name}`);

test("inspect says what a folder holds without loading it", async () => {
  const { code, stdout } = await runCli(["models", "inspect", tinyWorldModel("quick")]);
  expect(code).toBe(0);
  expect(stdout).toMatch(/architecture +llama/);
  expect(stdout).toMatch(/tensorflow bfloat16 +.*for the weights/);
  expect(stdout).toMatch(/tokenizer +\d+ tokens; bos \d+/);
  const json = await runCli(["models", "inspect", model("mistral-sharded"), "--json"]);
  expect(JSON.parse(json.stdout)).toMatchObject({
    config: { modelType: "mistral", slidingWindow: { tokens: 7, layers: [0, 1] } },
    parameters: 48_092,
    dtypes: { F32: 48_092 },
    missing: [],
    tokenizer: { error: expect.stringContaining("has no tokenizer.json") as string },
  });
});

test("inspect predicts the memory of a decoding, and refuses a size that is no number", async () => {
  const sizes = ["--rows", "44", "--arms", "1", "--prompt-tokens", "40", "--new-tokens", "24"];
  const { stdout } = await runCli(["models", "inspect", tinyWorldModel("quick"), ...sizes]);
  expect(stdout).toMatch(/float32 .*; about \S+ MB in all for 44 answers of 24 tokens after 40, guided by 1 ARM/);
  expect(stdout).toMatch(/wasm float32 .* of a row$/m); // where nobody measured it, it is not told
  const json = await runCli(["models", "inspect", tinyWorldModel("quick"), ...sizes, "--json"]);
  const { memory } = JSON.parse(json.stdout) as { memory: { engine: string; inference: { peak: number } | null }[] };
  expect(memory.filter(({ inference }) => inference === null).map(({ engine }) => engine)).toEqual(["wasm"]);
  const wrong = await runCli(["models", "inspect", tinyWorldModel("quick"), "--rows", "-1"]);
  expect(wrong.stderr).toContain("It must be a whole number.");
  expect(wrong.code).not.toBe(0);
});

test("check compares a model with another implementation's numbers, and fails when they differ", async () => {
  const args = ["models", "check", model("qwen3"), "--against"];
  const own = await runCli([...args, join(model("qwen3"), "expect.json")]);
  expect(own.stdout).toMatch(/ok +logits/);
  expect(own.code).toBe(0);
  const other = await runCli([...args, join(model("llama"), "expect.json")]);
  expect(other.stderr).toMatch(/they are of a vocabulary of 195 tokens, the model's has 170/);
  expect(other.code).toBe(2);
  const { path, remove } = await temporaryFolder();
  try {
    const expected = JSON.parse(await readFile(join(model("qwen3"), "expect.json"), "utf8")) as {
      logits: { values: number[][] };
    };
    expected.logits.values[0]![0]! += 0.01;
    await writeFile(join(path, "expect.json"), JSON.stringify(expected));
    const changed = await runCli([...args, join(path, "expect.json"), "--json"]);
    expect(changed.code).toBe(2);
    expect(JSON.parse(changed.stdout)).toMatchObject({
      checks: [{ what: "logits", passed: false }, { passed: true }, { passed: true }],
    });
  } finally {
    await remove();
  }
});

test.skipIf(process.env.UNIARM_ENGINE !== "tensorflow")(
  "quantize writes a model that answers as the same type does on loading, and writes over nothing",
  async () => {
    const { path, remove } = await temporaryFolder();
    try {
      const args = [
        "models",
        "quantize",
        tinyWorldModel("quick"),
        "--base-weights",
        "int4",
        "--output",
        join(path, "q"),
      ];
      const written = await runCli([...args, "--json"]);
      expect(written.code).toBe(0);
      expect(JSON.parse(written.stdout)).toMatchObject({ files: ["model.safetensors"] });
      const { stdout } = await runCli(["models", "inspect", join(path, "q"), "--json"]);
      const { dtypes, memory } = JSON.parse(stdout) as {
        dtypes: Record<string, number>;
        memory: { baseWeights: string; weightsBytes: number }[];
      };
      expect(Object.keys(dtypes)).toContain("Q4_1");
      const bytesOf = (type: string): number => memory.find(({ baseWeights }) => baseWeights === type)!.weightsBytes;
      expect(bytesOf("int8")).toBe(bytesOf("int4")); // the blocks are kept, whatever is asked for
      const again = await runCli(args);
      expect(again.code).toBe(2);
      expect(again.stderr).toContain("already. Name a new folder.");
    } finally {
      await remove();
    }
  },
);

test("inspect tells that the files' own head is used where config.json says that it is the embedding", async () => {
  const { path, remove } = await temporaryFolder();
  try {
    await writeTinyModel(path, { config: { tiedEmbeddings: false } });
    const json = JSON.parse(await readFile(join(path, "config.json"), "utf8")) as object;
    await writeFile(join(path, "config.json"), JSON.stringify(Object.assign(json, { tie_word_embeddings: true })));
    const { stdout } = await runCli(["models", "inspect", path]);
    expect(stdout).toMatch(/notice +config\.json says that the head is the embedding .* the files' head is used/);
    expect(stdout).not.toMatch(/unused|head tied/);
  } finally {
    await remove();
  }
});

test("a folder that cannot be read is named with what to do", async () => {
  const { path, remove } = await temporaryFolder();
  try {
    await cp(join(model("llama"), "config.json"), join(path, "config.json"));
    await writeFile(join(path, "pytorch_model.bin"), "");
    const { code, stderr } = await runCli(["models", "inspect", path]);
    expect(stderr).toMatch(/a Python pickle, .* Convert it: python -c/);
    expect(code).toBe(2);
  } finally {
    await remove();
  }
});
