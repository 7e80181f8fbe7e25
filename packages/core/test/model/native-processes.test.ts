import { mkdtemp, open, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { configJson } from "../../src/model/config-json.ts";
import { requiredTensors } from "../../src/model/tensor-names.ts";
import { openEngine } from "../../src/tensor/engine.ts";
import { nativeOps } from "../../src/tensor/native.ts";
import { TINY_CONFIG } from "../../src/testing/tiny-model.ts";
import { packageFolder, runModule } from "../support/child.ts";

await openEngine();

/** 12 layers of width 512 and 16,000 tokens: 120 MB in bfloat16, matrices of 16 MB at most. */
const CONFIG = {
  ...TINY_CONFIG,
  vocabularySize: 16_000,
  hiddenSize: 512,
  intermediateSize: 1408,
  layers: 12,
  heads: 8,
  keyValueHeads: 8,
  headSize: 64,
  tiedEmbeddings: false,
};

/** Writes a checkpoint of equal bfloat16 numbers, a tensor at a time. @returns bytes of all tensors */
async function writeBfloat16Model(folder: string): Promise<number> {
  await writeFile(join(folder, "config.json"), JSON.stringify(configJson(CONFIG, { attention: false, mlp: false })));
  let offset = 0;
  const entries = requiredTensors(CONFIG).map(({ name, shape }) => {
    const bytes = 2 * shape.reduce((product, axis) => product * axis, 1);
    const entry = [name, { dtype: "BF16", shape, data_offsets: [offset, (offset += bytes)] }] as const;
    return entry;
  });
  const header = Buffer.from(JSON.stringify(Object.fromEntries(entries)));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = await open(join(folder, "model.safetensors"), "w");
  await file.write(Buffer.concat([length, header]));
  for (const [, { data_offsets }] of entries) {
    await file.write(Buffer.alloc(data_offsets[1] - data_offsets[0], Buffer.from([0x80, 0x3c]))); // 0.015625
  }
  await file.close();
  return offset;
}

test.skipIf(nativeOps() === null)(
  "loading a bfloat16 checkpoint takes at most 1.2 times its size: no float32 copy is made on the way",
  async () => {
    const folder = await mkdtemp(join(tmpdir(), "uniarm-load-"));
    try {
      const bytes = await writeBfloat16Model(folder);
      const source = `import { loadTransformer, openEngine, tf } from "./src/index.ts";
        await openEngine();
        tf.tidy(() => tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])).dataSync()); // what the engine sets up at its first product
        const before = process.resourceUsage().maxRSS;
        const model = await loadTransformer(${JSON.stringify(folder)}, { baseWeights: "bfloat16" });
        console.log((process.resourceUsage().maxRSS - before) * 1024, model.baseWeights);`;
      const { stdout, stderr } = await runModule(packageFolder, source);
      expect(stderr).toBe("");
      const [peak, held] = stdout.trim().split(" ");
      expect(held).toBe("bfloat16");
      expect(Number(peak) / bytes).toBeGreaterThan(0.9); // the measure sees the weights
      expect(Number(peak) / bytes).toBeLessThan(1.2);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

test.skipIf(nativeOps() === null).each([
  ["int8", 0.55],
  ["int4", 0.32],
] as const)(
  "weights held as %s take at most %d of bfloat16's memory, and loading them little more",
  async (baseWeights, most) => {
    const folder = await mkdtemp(join(tmpdir(), "uniarm-load-"));
    try {
      const bytes = await writeBfloat16Model(folder); // of 60 million parameters
      const source = `import { loadTransformer, openEngine, tf } from "./src/index.ts";
        await openEngine();
        tf.tidy(() => tf.matMul(tf.ones([64, 64]), tf.ones([64, 64])).dataSync());
        const before = process.resourceUsage().maxRSS;
        const model = await loadTransformer(${JSON.stringify(folder)}, { baseWeights: "${baseWeights}" });
        console.log((process.resourceUsage().maxRSS - before) * 1024, tf.memory().numBytes, model.baseWeights);`;
      const { stdout, stderr } = await runModule(packageFolder, source);
      expect(stderr).toBe("");
      const [peak, weights, held] = stdout.trim().split(" ");
      expect(held).toBe(baseWeights);
      expect(bytes / 2).toBeGreaterThan(50e6);
      expect(Number(weights) / bytes).toBeLessThan(most);
      // beside the weights, the largest matrix of the file (14 % of it) and freed blocks that the allocator keeps
      expect(Number(peak) / bytes).toBeLessThan(most + 0.4);
    } finally {
      await rm(folder, { recursive: true });
    }
  },
);

test.skipIf(nativeOps() === null)("two threads give what one gives", async () => {
  const source = `import { createRandom, createTransformer, bindAdapter, createAdapter, openEngine, nativeOps, tokenLogProbs, tf } from "./src/index.ts";
    import { AdapterConfig } from "./src/schema/index.ts";
    await openEngine();
    const random = createRandom(0);
    const config = ${JSON.stringify({ ...CONFIG, layers: 2, vocabularySize: 300 })};
    const model = createTransformer(config, random);
    const adapter = createAdapter(AdapterConfig.parse({ kind: "lora" }), config, { objectiveCount: 1, random });
    for (const variable of Object.values(adapter.tensors)) variable.assign(tf.tensor(Float32Array.from({ length: variable.size }, () => 0.05 * random.normal()), variable.shape));
    const ids = [0, 1, 2, 3].map(() => Array.from({ length: 100 }, () => random.integer(300)));
    const positions = ids.flatMap((_, row) => Array.from({ length: 99 }, (_, column) => ({ row, column: column + 1 })));
    const { value, grads } = tf.variableGrads(() => tf.sum(tokenLogProbs(model, ids, positions, { adapters: [{ adapter: bindAdapter(adapter, tf.tensor2d([[1]])), start: 0, count: 4 }] })), Object.values(adapter.tensors));
    console.log(JSON.stringify([nativeOps().threads, value.dataSync()[0], ...Object.values(grads).map((g) => Math.hypot(...g.dataSync()))]));`;
  const run = async (threads: string): Promise<number[]> => {
    const { stdout, stderr } = await runModule(packageFolder, source, { TF_NUM_INTRAOP_THREADS: threads });
    expect(stderr).toBe("");
    return JSON.parse(stdout.trim().split("\n").at(-1)!) as number[];
  };
  const [one, two] = [await run("1"), await run("2")];
  expect([one[0], two[0]]).toEqual([1, 2]);
  // each row is summed by one thread alone; only the products of TensorFlow's own may come in another order
  one.slice(1).forEach((value, index) => {
    expect(Math.abs(two[index + 1]! / value - 1)).toBeLessThan(1e-4);
  });
  expect(Math.abs(one[1]!)).toBeGreaterThan(1);
});

test.skipIf(nativeOps() === null)(
  "our own operations give the same bytes on one, two and five threads, and beside processes that take their cores",
  async () => {
    // sizes that are shared out between threads, with a remainder in each direction
    const source = `import { createHash } from "node:crypto";
      import { createRandom, nativeOps, openEngine, scaleToNorm, tf } from "./src/index.ts";
      import { executeOp } from "./src/tensor/native.ts";
      await openEngine();
      const random = createRandom(5);
      const noise = (...shape) => tf.tensor(Float32Array.from({ length: shape.reduce((a, b) => a * b) }, () => random.normal()), shape);
      const ints = (...values) => tf.tensor1d(Int32Array.from(values), "int32");
      const hash = createHash("sha256");
      const take = (tensors) => tensors.forEach((tensor) => hash.update(new Uint8Array(tensor.dataSync().buffer)));
      const thin = { T: { type: "float32" }, by_rows: { int: 0 } };
      const [x, y] = [noise(1003, 517), noise(1003, 9)];
      const place = ints(0, 1003, 0, 1);
      const heads = { T: { type: "float32" }, heads: { int: 6 }, key_value_heads: { int: 3 }, head_size: { int: 16 }, window: { int: 0 } };
      const table = noise(97, 16);
      for (let round = 0; round < 30; round++) {
        take(executeOp("UniarmThin", thin, [x, noise(517, 9), place], 1));
        take(executeOp("UniarmOuter", thin, [x, y, place, ints(517)], 1));
        take(executeOp("UniarmAttention", heads, [noise(4 * 97, 192), table, table, ints(0, 3, 0, 9), ints(0, 97, 0, 97, 7, 50, 0, 97)], 2));
        const { scaled, norm } = scaleToNorm([noise(300, 401), noise(70_001)], 1);
        take([...scaled, norm]);
      }
      console.log(nativeOps().threads, hash.digest("hex"));`;
    const hashed = async (threads: string): Promise<string[]> => {
      const { stdout, stderr } = await runModule(packageFolder, source, { TF_NUM_INTRAOP_THREADS: threads });
      expect(stderr).toBe("");
      return stdout.trim().split("\n").at(-1)!.split(" ");
    };
    const one = await hashed("1");
    // five threads are more than there are cores on most machines: they are each other's neighbours
    const beside = await Promise.all([hashed("2"), hashed("5"), hashed("5")]);
    expect(beside.map(([threads]) => threads)).toEqual(["2", "5", "5"]);
    for (const [, hash] of beside) expect(hash).toBe(one[1]);
  },
);
