import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Adapter, Factors } from "../adapters/adapter.ts";
import { checkHeadBias, disposeFactors, factorAdapter } from "../adapters/factors.ts";
import { checkFitsModel } from "../adapters/fits-model.ts";
import { writeFolderAtomically } from "../files/atomic.ts";
import { isGgufPath } from "../files/gguf/is-gguf.ts";
import { modelPath } from "../files/model-path.ts";
import { assertNewFolder } from "../files/new-folder.ts";
import { readText } from "../files/read-text.ts";
import {
  openSafetensorsWriter,
  plannedBytes,
  type PlannedTensor,
  type StoredDtype,
} from "../files/safetensors-writer.ts";
import { openWeights, WEIGHTS_FILE, WEIGHTS_INDEX_FILE } from "../files/sharded.ts";
import type { StoredTensor } from "../files/stored-tensor.ts";
import { withPointsOf } from "../files/written-numbers.ts";
import { EMBEDDING, HEAD, type ModuleName } from "../layers/adapter-rows.ts";
import { biasPlan, hasBias } from "../model/bias-plan.ts";
import { FAMILIES } from "../model/family.ts";
import { readConfigJson } from "../model/model-folder.ts";
import { parseConfigJson } from "../model/parse-config.ts";
import { publishedNames } from "../model/published-names.ts";
import { layerModules, moduleName } from "../model/tensor-names.ts";
import { withHeadOfFiles } from "../model/tied-head.ts";
import { UniArmError } from "../schema/error.ts";
import type { ModelConfig } from "../schema/model.ts";
import { openEngine } from "../tensor/engine.ts";
import { writeCompanions } from "./companions.ts";
import { isQuantized, type QuantizedWeights } from "../tensor/quantized.ts";
import { blocksAsTheyAre, blocksFor, quantizable, written } from "./block-tensors.ts";
import { changesByTensor, endsOf, mergedValues, type ModelEnds } from "./merged-tensor.ts";

export type WeightsDtype = "float32" | "float16" | "bfloat16";
const DTYPES: Record<WeightsDtype, StoredDtype> = { float32: "F32", float16: "F16", bfloat16: "BF16" };
const NAMES: Partial<Record<StoredDtype, WeightsDtype>> = { F32: "float32", F16: "float16", BF16: "bfloat16" };

/** [labels, d] */
interface ClassifierHead {
  shape: readonly number[];
  data: Float32Array;
}

export interface WeightsExportOptions {
  /** Default: as the source stores them. Of matrices alone for int8 and int4, in the blocks that quantized base weights are. */
  dtype?: WeightsDtype | QuantizedWeights | undefined;
  /** most bytes of a file; default 5 GB, as Hugging Face's */
  shardBytes?: number | undefined;
  /** in place of the language model's head one of scores, and what config.json says of it */
  classifier?: { head: ClassifierHead; config: Record<string, unknown> } | undefined;
  /** called after every tensor that is written */
  onProgress?: ((done: number, total: number) => void) | undefined;
}

const DEFAULT_SHARD_BYTES = 5e9;

/**
 * Writes a model folder in Hugging Face's layout: the weights of `source`, a folder or a GGUF file, with an adapter at one
 * preference merged into them. One tensor at a time goes from file to file. Tokenizer files are copied, or written.
 * @param adapter null: the weights as they are
 * @throws UniArmError output-exists, preference-invalid, adapter-model-mismatch, model-unsupported, model-bias-unsupported, and those of reading `source`
 */
export async function exportWeights(
  target: string,
  place: string,
  adapter: Adapter | null,
  preference: readonly number[],
  { dtype, shardBytes = DEFAULT_SHARD_BYTES, classifier, onProgress }: WeightsExportOptions = {},
): Promise<{ files: string[]; bytes: number }> {
  const source = modelPath(place);
  await assertNewFolder(target);
  const read = (await readConfigJson(source)) as Record<string, unknown>;
  const isGguf = isGgufPath(source);
  const configText = isGguf ? "" : await readText(join(source, "config.json"));
  const said = parseConfigJson(read, isGguf ? source : join(source, "config.json"));
  const json = isGguf ? { architectures: [FAMILIES[said.modelType].architecture], ...read } : read;
  const stored = await openWeights(source);
  const { config } = withHeadOfFiles(said, stored.tensors);
  const tensors = withoutStrayBiases(config, stored.tensors);
  if (adapter) checkFitsModel(adapter, config);
  await openEngine();
  const factors = adapter ? factorAdapter(adapter, preference) : new Map<ModuleName, Factors>();
  try {
    const untied = config.tiedEmbeddings && (factors.has(HEAD) || factors.has(EMBEDDING));
    const merged = untied ? { ...config, tiedEmbeddings: false } : config;
    const ends = endsOf(config, (name) => tensors.has(name));
    const { plan: whole, biases } = planOf(merged, tensors, factors, ends, dtype);
    const plan = classifier ? withClassifier(whole, ends, classifier.head) : whole;
    const changes = changesByTensor(merged, factors, (name) => tensors.has(name));
    const shards = shardsOf(plan, shardBytes);
    let done = 0;
    await writeFolderAtomically(target, async (partial) => {
      for (const [index, shard] of shards.entries()) {
        const writer = await openSafetensorsWriter(join(partial, shardName(index, shards.length)), shard);
        try {
          for (const tensor of shard) {
            const of = changes.get(tensor.name) ?? [];
            const own = classifier && tensor.name === CLASSIFIER_HEAD ? written(tensor, classifier.head.data) : null;
            await writer.write(
              own ??
                blocksAsTheyAre(tensor, tensors) ??
                written(tensor, await mergedValues(tensor, of, { tensors, ends, source })),
            );
            onProgress?.(++done, plan.length);
          }
        } finally {
          await writer.close();
        }
      }
      if (shards.length > 1) await writeFile(join(partial, WEIGHTS_INDEX_FILE), indexOf(shards));
      await writeFile(
        join(partial, "config.json"),
        withPointsOf(
          configText,
          `${JSON.stringify({ ...configOf(json, merged, plan, biases), ...classifier?.config }, null, 2)}\n`,
        ),
      );
      await writeCompanions(source, partial, json);
    });
    const bytes = plan.reduce((sum, tensor) => sum + plannedBytes(tensor), 0);
    return { files: shards.map((_, index) => shardName(index, shards.length)), bytes };
  } finally {
    disposeFactors(factors.values());
  }
}

/** What transformers' classifiers call their head. */
const CLASSIFIER_HEAD = "score.weight";

/** The embedding under its own name, the head of scores in place of the language model's. */
function withClassifier(plan: readonly PlannedTensor[], ends: ModelEnds, head: ClassifierHead): PlannedTensor[] {
  const embedding = plan.find(({ name }) => name === ends.shared)!;
  const others = plan.filter(({ name }) => name !== ends.head && name !== ends.embedding);
  return [
    { ...embedding, name: ends.embedding },
    ...others,
    { name: CLASSIFIER_HEAD, shape: head.shape, dtype: embedding.dtype },
  ];
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

/**
 * Every tensor of the source; the biases that merging adds, where other modules of the block get zeros; and embedding and
 * head each for itself where they are no longer one.
 */
function planOf(
  config: ModelConfig,
  tensors: ReadonlyMap<string, StoredTensor>,
  factors: ReadonlyMap<ModuleName, Factors>,
  ends: ModelEnds,
  dtype: WeightsDtype | QuantizedWeights | undefined,
): { plan: PlannedTensor[]; biases: { attention: boolean; mlp: boolean } } {
  checkHeadBias(factors, config);
  const publishedOf = publishedNames(config, (name) => tensors.has(name));
  const matrices = dtype && isQuantized(dtype) ? quantizable(config, tensors) : null;
  const dtypeOf = (stored: StoredTensor): StoredDtype => {
    if (dtype && !isQuantized(dtype)) return DTYPES[dtype];
    if (dtype && matrices?.has(stored.name)) return blocksFor(stored, dtype);
    return stored.dtype === "F32" || stored.dtype === "F16" || stored.dtype === "BF16" ? stored.dtype : "F32";
  };
  const plan = [...tensors].map(([name, stored]): PlannedTensor => ({
    name,
    shape: stored.shape,
    dtype: dtypeOf(stored),
  }));
  const has = (module: ModuleName): boolean =>
    Boolean(factors.get(module)?.bias) || tensors.has(publishedOf(`model.${module}.bias`).name);
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
  if (!config.tiedEmbeddings) {
    const shared = tensors.get(ends.shared)!;
    for (const name of [ends.embedding, ends.head])
      if (!tensors.has(name)) plan.push({ name, shape: shared.shape, dtype: dtypeOf(shared) });
  }
  return { plan, biases: { attention, mlp } };
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
  const dtype = plan.map((tensor) => NAMES[tensor.dtype]).find((name) => name !== undefined) ?? "float32";
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
