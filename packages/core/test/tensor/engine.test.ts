import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { isolatedCopy, runModule } from "../support/child.ts";

const packageFolder = join(import.meta.dirname, "..", "..");
const withoutChoice = { UNIARM_ENGINE: undefined };
let withoutBinding: string;

beforeAll(async () => {
  withoutBinding = await isolatedCopy("", [
    "zod",
    "@huggingface/tokenizers",
    "@tensorflow/tfjs-core",
    "@tensorflow/tfjs-backend-wasm",
    "@tensorflow/tfjs-layers",
  ]);
});
afterAll(() => rm(withoutBinding, { recursive: true }));

const open = (argument = "undefined"): string =>
  `import { openEngine } from "./src/tensor/engine.ts";
   const tell = (error) => console.log(error.code, error.message);
   await openEngine(${argument}).then((info) => console.log(JSON.stringify(info)), tell);`;

test("where the native binding is missing the engine is wasm, with the reason", async () => {
  const { stdout, stderr } = await runModule(withoutBinding, open(), withoutChoice);
  expect(stderr).toBe("");
  expect(JSON.parse(stdout)).toEqual({
    name: "wasm",
    version: "4.22.0",
    device: "cpu",
    threads: 1,
    bfloat16: false,
    ownOperations: false,
    reason: "tensorflow does not load: its native binding is not installed (pnpm engine:install builds it)",
  });
});

test("asking for tensorflow where it is missing says how to get it", async () => {
  const { stdout } = await runModule(withoutBinding, open(), { UNIARM_ENGINE: "tensorflow" });
  expect(stdout).toContain(
    "engine-unavailable The tensorflow engine was asked for and does not load: its native binding is not installed.",
  );
  expect(stdout).toContain("pnpm engine:install");
});

test("after a failure another engine may be opened", async () => {
  const source = `${open('"tensorflow"')}\nconsole.log((await openEngine("wasm")).name);`;
  const { stdout } = await runModule(withoutBinding, source, withoutChoice);
  expect(stdout.trim().split("\n").at(-1)).toBe("wasm");
});

test("an unknown engine name is refused", async () => {
  const { stdout } = await runModule(packageFolder, open(), { UNIARM_ENGINE: "cuda" });
  expect(stdout.trim()).toBe('engine-unknown UNIARM_ENGINE is "cuda"; it must be tensorflow or wasm, or not set.');
});

test("a process keeps its engine: opening again is free, opening another is an error", async () => {
  const source = `${open('"wasm"')}
    console.log((await openEngine()).name);
    await openEngine("tensorflow").catch(tell);`;
  const { stdout } = await runModule(packageFolder, source, withoutChoice);
  const lines = stdout.trim().split("\n");
  expect(lines[1]).toBe("wasm");
  expect(lines[2]).toMatch(
    /^engine-already-open This process already runs on wasm; tensorflow needs a process of its own/,
  );
});

test("importing the package opens no engine, and tensors before openEngine are a clear error", async () => {
  const source = `import { createRandom, createTransformer, tf } from "./src/index.ts";
    import { ModelConfig } from "./src/schema/index.ts";
    console.log(String(tf.engine().backendName));
    const config = ${JSON.stringify({ modelType: "llama", layers: 1, hiddenSize: 4, vocabularySize: 3, heads: 1, keyValueHeads: 1, headSize: 4, intermediateSize: 4 })};
    try { createTransformer(config, createRandom(0)); } catch (error) { console.log(error.code, error.message); }`;
  const { stdout, stderr } = await runModule(packageFolder, source);
  expect(stdout.trim().split("\n"), stderr).toEqual([
    "undefined",
    "engine-not-open No tensor engine is open. Call `await openEngine()` before making tensors.",
  ]);
});

test("the wasm engine leaves uncaught errors to the process", async () => {
  const source = `${open('"wasm"')}
    console.log(process.listenerCount("uncaughtException"), process.listenerCount("unhandledRejection"));`;
  const { stdout } = await runModule(packageFolder, source, withoutChoice);
  expect(stdout.trim().split("\n").at(-1)).toBe("0 0");
});
