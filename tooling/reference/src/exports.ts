/** node exports.ts <folder>: exports adapters of every form on models of every family, with the project's own logits beside, as cases.json. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  bindAdapter,
  createAdapter,
  createRandom,
  disposeTransformer,
  exportPeft,
  exportWeights,
  forward,
  loadTransformer,
  logitsOf,
  openEngine,
  tf,
  type Adapter,
  type Transformer,
  type WeightsDtype,
} from "@uniarm/core";
import { AdapterConfig, LINEAR_MODULES } from "@uniarm/core/schema";

interface Case {
  name: string;
  /** the model that transformers loads, and the adapter that PEFT puts on it, if any */
  model: string;
  adapter: string | null;
  dtype: WeightsDtype;
  input_ids: number[][];
  logits: unknown;
}

const GOLDEN = join(import.meta.dirname, "../../../packages/core/test/golden/models");
const [folder = ""] = process.argv.slice(2);
const PREFERENCE = [0.3, 0.7];
const ALL = [...LINEAR_MODULES];

const FORMS = {
  lora: { kind: "lora", rank: 3, targets: ALL },
  pblora: { kind: "pblora", sharedRank: 2, preferenceRank: 3, targets: ALL },
  "moslora that scales": { kind: "moslora", modulation: "scale", targets: ALL },
  moslora: { kind: "moslora", targets: ALL },
} as const;

/** Families whose published classes have no place for a bias take the forms without a shift. */
const CASES: {
  family: string;
  form: keyof typeof FORMS;
  as: "peft" | "weights";
  dtype?: WeightsDtype;
  shardBytes?: number;
}[] = [
  ...(["lora", "pblora", "moslora that scales", "moslora"] as const).map((form) => ({
    family: "llama",
    form,
    as: "peft" as const,
  })),
  ...(["lora", "pblora", "moslora"] as const).map((form) => ({ family: "llama", form, as: "weights" as const })),
  { family: "llama", form: "moslora", as: "weights", dtype: "bfloat16", shardBytes: 60_000 },
  { family: "llama-bf16", form: "pblora", as: "weights" },
  { family: "llama-f16", form: "pblora", as: "weights" },
  ...["llama3", "mistral", "mistral-sharded", "qwen2", "qwen3"].map((family) => ({
    family,
    form: "moslora that scales" as const,
    as: "weights" as const,
  })),
  { family: "qwen3", form: "moslora", as: "peft" },
  { family: "mistral", form: "moslora", as: "peft" },
  ...(["peft", "weights"] as const).flatMap((as) =>
    (["lora", "moslora"] as const).map((form) => ({ family: "gpt2", form, as })),
  ),
];

await openEngine();
const cases: Case[] = [];
for (const { family, form, as, dtype, shardBytes } of CASES) {
  const name = `${family}, ${form}, ${as}${dtype ? ` ${dtype}` : ""}${shardBytes ? " in shards" : ""}`;
  const target = join(folder, String(cases.length));
  const source = join(GOLDEN, family);
  const model = await loadTransformer(source);
  const adapter = drawnAdapter(model, AdapterConfig.parse(FORMS[form]));
  const preference = form === "lora" ? [] : PREFERENCE;
  const ids = [1, 2].map((row) => Array.from({ length: 12 }, (_, at) => 3 + ((row * 31 + at * 17) % 140)));
  if (as === "peft") await exportPeft(target, adapter, preference, source);
  else await exportWeights(target, source, adapter, preference, { dtype, shardBytes });
  const stored = dtype ?? (family === "llama-bf16" ? "bfloat16" : family === "llama-f16" ? "float16" : "float32");
  // rounded weights are another model: its own logits are what transformers must find
  const rounded = as === "weights" && stored !== "float32" ? await loadTransformer(target) : null;
  const logits = rounded ? logitsWith(rounded, null, ids) : logitsWith(model, adapter, ids);
  cases.push({
    name,
    dtype: stored,
    input_ids: ids,
    logits,
    ...(as === "peft" ? { model: source, adapter: target } : { model: target, adapter: null }),
  });
  for (const one of rounded ? [model, rounded] : [model]) disposeTransformer(one);
  adapter.dispose();
}
writeFileSync(join(folder, "cases.json"), JSON.stringify(cases));

/** Every tensor drawn: nothing hides behind a zero start. */
function drawnAdapter({ config }: Transformer, form: AdapterConfig): Adapter {
  const random = createRandom(11);
  const axis = (one: number): number[] => Array.from({ length: config.hiddenSize }, (_, at) => Number(at === one));
  const objectiveCount = form.kind === "lora" ? 1 : 2;
  const adapter = createAdapter(form, config, { objectiveCount, random, objectiveVectors: [axis(0), axis(1)] });
  for (const variable of Object.values(adapter.tensors)) {
    tf.tidy(() => {
      const values = Float32Array.from({ length: variable.size }, () => 0.2 * random.normal());
      variable.assign(tf.tensor(values, variable.shape));
    });
  }
  return adapter;
}

function logitsWith(model: Transformer, adapter: Adapter | null, ids: number[][]): unknown {
  return tf.tidy(() => {
    const row = adapter?.config.kind === "lora" ? [1] : PREFERENCE;
    const bound = adapter && bindAdapter(adapter, tf.tensor2d(ids.map(() => row)));
    const adapters = bound ? [{ adapter: bound, start: 0, count: ids.length }] : [];
    return logitsOf(model, forward(model, ids, { adapters })).arraySync();
  });
}
