import { cp, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Adapter } from "../adapters/adapter.ts";
import { factorAdapter } from "../adapters/factors.ts";
import { checkFitsModel } from "../adapters/fits-model.ts";
import { writeFolderAtomically } from "../files/atomic.ts";
import {
  openSafetensorsWriter,
  plannedBytes,
  type PlannedTensor,
  type StoredDtype,
} from "../files/safetensors-writer.ts";
import { openWeights, WEIGHTS_FILE, WEIGHTS_INDEX_FILE, type StoredTensor } from "../files/sharded.ts";
import { withPointsOf } from "../files/written-numbers.ts";
import type { ModuleName } from "../layers/adapter-rows.ts";
import { biasPlan, hasBias } from "../model/bias-plan.ts";
import { FAMILIES } from "../model/family.ts";
import { loadTensor } from "../model/file-source.ts";
import { readConfigJson } from "../model/model-folder.ts";
import { parseConfigJson } from "../model/parse-config.ts";
import { publishedNames, type PublishedTensor } from "../model/published-names.ts";
import { layerModules, moduleName } from "../model/tensor-names.ts";
import { withHeadOfFiles } from "../model/tied-head.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { openEngine } from "../tensor/engine.ts";
import * as tf from "../tensor/tf.ts";

export type WeightsDtype = "float32" | "float16" | "bfloat16";
const DTYPES: Record<WeightsDtype, StoredDtype> = { float32: "F32", float16: "F16", bfloat16: "BF16" };
const NAMES = { F32: "float32", F16: "float16", BF16: "bfloat16" } as const;

export interface WeightsExportOptions {
  /** Default: as the source stores them. */
  dtype?: WeightsDtype | undefined;
  /** most bytes of a file; default 5 GB, as Hugging Face's */
  shardBytes?: number | undefined;
  /** called after every tensor that is written */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

const DEFAULT_SHARD_BYTES = 5e9;
/** What belongs to a model beside its weights and config.json. */
const COMPANIONS =
  /^(tokenizer.*|special_tokens_map\.json|added_tokens\.json|vocab\..*|merges\.txt|generation_config\.json|chat_template\..*|.*\.model)$/;

/**
 * Writes a model folder in Hugging Face's layout: the weights of `source` with an adapter at one preference merged into
 * them. One tensor at a time goes from file to file. Tokenizer files are copied.
 * @throws UniArmError preference-invalid, adapter-model-mismatch, model-unsupported, model-bias-unsupported, and those of reading `source`
 */
export async function exportWeights(
  target: string,
  source: string,
  adapter: Adapter,
  preference: readonly number[],
  { dtype, shardBytes = DEFAULT_SHARD_BYTES, onProgress }: WeightsExportOptions = {},
): Promise<{ files: string[]; bytes: number }> {
  const json = (await readConfigJson(source)) as Record<string, unknown>;
  const written = await readFile(join(source, "config.json"), "utf8");
  const said = parseConfigJson(json, join(source, "config.json"));
  const stored = await openWeights(source);
  const { config } = withHeadOfFiles(said, stored.tensors);
  const tensors = withoutStrayBiases(config, stored.tensors);
  checkFitsModel(adapter, config);
  await openEngine();
  const factors = factorAdapter(adapter, preference);
  try {
    const shifted = new Set([...factors].filter(([, { bias }]) => bias).map(([module]) => module));
    const { plan, biases } = planOf(config, tensors, shifted, dtype);
    const changes = changesByTensor(config, tensors, factors);
    const shards = shardsOf(plan, shardBytes);
    let done = 0;
    await writeFolderAtomically(target, async (partial) => {
      for (const [index, shard] of shards.entries()) {
        const writer = await openSafetensorsWriter(join(partial, shardName(index, shards.length)), shard);
        try {
          for (const tensor of shard) {
            await writer.write(await valuesOf(tensor, tensors, changes.get(tensor.name) ?? [], source));
            onProgress?.(++done, plan.length);
          }
        } finally {
          await writer.close();
        }
      }
      if (shards.length > 1) await writeFile(join(partial, WEIGHTS_INDEX_FILE), indexOf(shards));
      await writeFile(
        join(partial, "config.json"),
        withPointsOf(written, `${JSON.stringify(configOf(json, config, plan, biases), null, 2)}\n`),
      );
      for (const file of await readdir(source))
        if (COMPANIONS.test(file)) await cp(join(source, file), join(partial, file));
    });
    const bytes = plan.reduce((sum, tensor) => sum + plannedBytes(tensor), 0);
    return { files: shards.map((_, index) => shardName(index, shards.length)), bytes };
  } finally {
    for (const { down, up, bias } of factors.values()) tf.dispose([down, up, ...(bias ? [bias] : [])]);
  }
}

/** Without biases that config.json does not ask for: they would begin to count where merging makes it ask. */
function withoutStrayBiases(
  config: ModelConfig,
  tensors: ReadonlyMap<string, StoredTensor>,
): ReadonlyMap<string, StoredTensor> {
  const publishedOf = publishedNames(config, (name) => tensors.has(name));
  const modules = Array.from({ length: config.layers }, (_, layer) =>
    layerModules(config).map((module) => moduleName(layer, module)),
  ).flat();
  const stray = modules.filter((module) => !hasBias(config, module));
  const names = new Set(stray.map((module) => publishedOf(`model.${module}.bias`).name));
  return new Map([...tensors].filter(([name]) => !names.has(name)));
}

/** Every tensor of the source, and the biases that merging adds; other modules of the block get zeros. */
function planOf(
  config: ModelConfig,
  tensors: ReadonlyMap<string, StoredTensor>,
  shifted: ReadonlySet<ModuleName>,
  dtype: WeightsDtype | undefined,
): { plan: PlannedTensor[]; biases: { attention: boolean; mlp: boolean } } {
  const publishedOf = publishedNames(config, (name) => tensors.has(name));
  const dtypeOf = (stored: StoredTensor): StoredDtype => {
    if (dtype) return DTYPES[dtype];
    return stored.dtype === "F32" || stored.dtype === "F16" || stored.dtype === "BF16" ? stored.dtype : "F32";
  };
  const plan = [...tensors].map(([name, stored]): PlannedTensor => ({
    name,
    shape: stored.shape,
    dtype: dtypeOf(stored),
  }));
  const has = (module: ModuleName): boolean =>
    shifted.has(module) || tensors.has(publishedOf(`model.${module}.bias`).name);
  const { needed, attention, mlp } = biasPlan(config, has);
  for (const { module, size } of needed) {
    const { name, columns } = publishedOf(`model.${module}.bias`);
    if (tensors.has(name)) continue;
    const weight = tensors.get(publishedOf(`model.${module}.weight`).name)!;
    if (columns)
      throw new UniArmError(
        "model-tensor-missing",
        `The model has no tensor ${name}, which its type has in every file. Use weights and config.json of one model.`,
      );
    plan.push({ name, shape: [size], dtype: dtypeOf(weight) });
  }
  return { plan, biases: { attention, mlp } };
}

/** What merging adds to a published tensor: some of its rows, or columns of one that is written the other way round. */
interface Change {
  added: () => tf.Tensor;
  part: Pick<PublishedTensor, "rows" | "columns">;
}

/** The changes of each published tensor, by its name. */
function changesByTensor(
  config: ModelConfig,
  tensors: ReadonlyMap<string, StoredTensor>,
  factors: ReturnType<typeof factorAdapter>,
): Map<string, Change[]> {
  const publishedOf = publishedNames(config, (name) => tensors.has(name));
  const changes = new Map<string, Change[]>();
  const add = (own: string, added: () => tf.Tensor): void => {
    const { name, rows, columns } = publishedOf(own);
    changes.set(name, [...(changes.get(name) ?? []), { added, part: { rows, columns } }]);
  };
  for (const [module, { up, down, bias }] of factors) {
    add(`model.${module}.weight`, () => tf.matMul(up, down));
    if (bias) add(`model.${module}.bias`, () => tf.clone(bias));
  }
  return changes;
}

/** The values of a tensor of the merged model. */
async function valuesOf(
  { name, shape }: PlannedTensor,
  tensors: ReadonlyMap<string, StoredTensor>,
  changes: readonly Change[],
  source: string,
): Promise<Float32Array> {
  const merged = tf.tidy(() => {
    const stored = tensors.has(name) ? loadTensor(tensors, name, shape, source) : tf.keep(tf.zeros([...shape]));
    const sum = changes.reduce((whole, change) => tf.add(whole, placed(change, shape)), tf.clone(stored));
    stored.dispose();
    return sum;
  });
  try {
    return await merged.data<"float32">();
  } finally {
    merged.dispose();
  }
}

/** A change as large as the tensor, zeros around it. */
function placed({ added, part: { rows, columns } }: Change, shape: readonly number[]): tf.Tensor {
  const change = columns && shape.length > 1 ? tf.transpose(added()) : added(); // [in,out] there
  const part = rows ?? columns;
  if (!part) return change;
  const axis = rows ? 0 : shape.length - 1;
  const around = shape.map((size, index): [number, number] =>
    index === axis ? [part.start, size - part.start - part.size] : [0, 0],
  );
  return tf.pad(change, around);
}

function shardsOf(plan: readonly PlannedTensor[], shardBytes: number): PlannedTensor[][] {
  const shards: PlannedTensor[][] = [];
  let size = 0;
  for (const tensor of plan) {
    const bytes = plannedBytes(tensor);
    if (shards.length === 0 || size + bytes > shardBytes) {
      shards.push([]);
      size = 0;
    }
    shards.at(-1)!.push(tensor);
    size += bytes;
  }
  return shards;
}

function shardName(index: number, count: number): string {
  if (count === 1) return WEIGHTS_FILE;
  const number = (value: number): string => String(value).padStart(5, "0");
  return `model-${number(index + 1)}-of-${number(count)}.safetensors`;
}

function indexOf(shards: readonly PlannedTensor[][]): string {
  const weight_map = Object.fromEntries(
    shards.flatMap((shard, index) => shard.map(({ name }) => [name, shardName(index, shards.length)])),
  );
  const total_size = shards.flat().reduce((sum, tensor) => sum + plannedBytes(tensor), 0);
  return `${JSON.stringify({ metadata: { total_size }, weight_map }, null, 2)}\n`;
}

/** The source's own config.json, which others read too; what merging changes is changed in both layouts. */
function configOf(
  json: Record<string, unknown>,
  { modelType, tiedEmbeddings }: ModelConfig,
  plan: readonly PlannedTensor[],
  biases: { attention: boolean; mlp: boolean },
): Record<string, unknown> {
  const dtype = NAMES[plan[0]!.dtype];
  const { attention, mlp } = FAMILIES[modelType].biases;
  const blocks = {
    ...(attention === "config" ? { attention_bias: biases.attention } : {}),
    ...(mlp === "config" ? { mlp_bias: biases.mlp } : {}),
  };
  const { text_config: text } = json; // of a model that reads images too
  return {
    ...json,
    ...(typeof text === "object" && text !== null ? { text_config: { ...text, ...blocks } } : blocks),
    dtype,
    torch_dtype: dtype,
    tie_word_embeddings: tiedEmbeddings,
  };
}
