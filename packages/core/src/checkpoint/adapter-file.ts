import type { Adapter } from "../adapters/adapter.ts";
import { adapterTensors, buildAdapter } from "../adapters/create.ts";
import { SCORER_HEAD } from "../adapters/scorer.ts";
import { LORA_PART } from "../adapters/lora-by-module.ts";
import { tensorName, type AdaptedModule } from "../adapters/modules.ts";
import { EMBEDDING } from "../layers/adapter-rows.ts";
import { float32Of, type SafetensorsEntry, type TensorData } from "../files/safetensors.ts";
import { LINEAR_MODULES, type LoraByModuleConfig, type StoredAdapterConfig } from "../schema/adapter.ts";
import { UniArmError } from "../schema/error.ts";

/** The forms that are the same in every layer. */
type UniformConfig = Exclude<StoredAdapterConfig, { kind: "lora-by-module" }>;

/** Name of the objective vectors beside the trained tensors. */
export const OBJECTIVE_VECTORS = "objective_embeddings";

/** The first and the last factor of each form: they say how large a module is. */
const FACTORS: Record<UniformConfig["kind"], readonly [string, string]> = {
  lora: ["lora_A.weight", "lora_B.weight"],
  pblora: ["pblora_A", "pblora_B"],
  moslora: ["moslora_A", "moslora_B"],
  scorer: ["lora_A.weight", "lora_B.weight"],
};

/** Everything an adapter is, in main memory; names as in its file. */
export async function adapterData(adapter: Adapter): Promise<Record<string, TensorData>> {
  const all = {
    ...adapter.tensors,
    ...(adapter.objectiveVectors ? { [OBJECTIVE_VECTORS]: adapter.objectiveVectors } : {}),
  };
  const data: Record<string, TensorData> = {};
  for (const [name, tensor] of Object.entries(all))
    data[name] = { shape: [...tensor.shape], data: (await tensor.data<"float32">()).slice() };
  return data;
}

/**
 * An adapter from the tensors of a file, which must be exactly those that the configuration asks for.
 * @param where the file, named in errors
 * @throws UniArmError checkpoint-tensor-missing, checkpoint-tensor-unexpected, checkpoint-tensor-shape, safetensors-dtype
 */
export function adapterFromTensors(
  config: StoredAdapterConfig,
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  { objectiveCount, where }: { objectiveCount: number; where: string },
): Adapter {
  const vectors = config.kind === "moslora" ? vectorsOf(tensors, objectiveCount, where) : null;
  const modules =
    config.kind === "lora-by-module" ? listedModules(config, tensors, where) : modulesOf(config, tensors, where);
  const width = config.kind === "scorer" ? entryOf(tensors, SCORER_HEAD, [objectiveCount, null], where).shape[1]! : 0;
  const specs = adapterTensors(config, modules, objectiveCount, vectors?.shape[1] ?? width);
  const values: Record<string, { shape: number[]; data: Float32Array }> = {};
  for (const { name, shape } of specs)
    values[name] = { shape: [...shape], data: float32Of(entryOf(tensors, name, shape, where)) };
  const known = new Set(specs.map(({ name }) => name));
  const extra = [...tensors.keys()].find((name) => !known.has(name) && !(vectors && name === OBJECTIVE_VECTORS));
  if (extra !== undefined) {
    throw new UniArmError(
      "checkpoint-tensor-unexpected",
      `${where} has tensor ${extra}, which no ${config.kind} adapter of its configuration has. ${REMEDY}`,
    );
  }
  return buildAdapter(config, objectiveCount, modules, values, vectors);
}

const REMEDY = "Use the adapter and the manifest of one checkpoint.";

/** The modules that the names imply: as many layers as there are, each with every target, all of one size. */
function modulesOf(
  config: UniformConfig,
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  where: string,
): AdaptedModule[] {
  const [first, last] = FACTORS[config.kind];
  const targets = LINEAR_MODULES.filter((target) => config.targets.includes(target)); // in the order they run
  const numbers = [...tensors.keys()].map((name) => /\.layers\.(\d{1,6})\./.exec(name)?.[1]);
  const layers = numbers.reduce((most, number) => Math.max(most, number === undefined ? 0 : Number(number) + 1), 1);
  return Array.from({ length: layers }, (_, layer) =>
    targets.map((target): AdaptedModule => {
      const at = (number: number): string => `layers.${number}.${MLP.has(target) ? "mlp" : "self_attn"}.${target}`;
      const factor = (part: string): SafetensorsEntry => entryOf(tensors, tensorName(at(0), part), [null, null], where);
      const name = at(layer);
      // a layer that is missing is named here, before sizes are taken from one that is not
      for (const part of [first, last]) entryOf(tensors, tensorName(name, part), [null, null], where);
      return { name, outSize: factor(last).shape[0]!, inSize: factor(first).shape[1]! };
    }),
  ).flat();
}

/** The modules that the configuration lists, with the sizes that their tensors have. */
function listedModules(
  { modules }: LoraByModuleConfig,
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  where: string,
): AdaptedModule[] {
  return Object.entries(modules).map(([name, { rank }]): AdaptedModule => {
    const sizesOf = (part: string): number[] => entryOf(tensors, tensorName(name, part), [null, null], where).shape;
    if (rank !== null) return { name, outSize: sizesOf(LORA_PART.b)[0]!, inSize: sizesOf(LORA_PART.a)[1]! };
    const [rows, columns] = sizesOf(LORA_PART.whole) as [number, number];
    return name === EMBEDDING ? { name, outSize: columns, inSize: rows } : { name, outSize: rows, inSize: columns };
  });
}

const MLP: ReadonlySet<string> = new Set(["gate_proj", "up_proj", "down_proj"]);

function vectorsOf(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  objectiveCount: number,
  where: string,
): { shape: number[]; data: Float32Array } {
  const entry = entryOf(tensors, OBJECTIVE_VECTORS, [objectiveCount, null], where);
  return { shape: entry.shape, data: float32Of(entry) };
}

function entryOf(
  tensors: ReadonlyMap<string, SafetensorsEntry>,
  name: string,
  shape: readonly (number | null)[],
  where: string,
): SafetensorsEntry {
  const entry = tensors.get(name);
  if (!entry)
    throw new UniArmError(
      "checkpoint-tensor-missing",
      `${where} has no tensor ${name}, which its configuration asks for. ${REMEDY}`,
    );
  const fits =
    entry.shape.length === shape.length && shape.every((size, axis) => size === null || size === entry.shape[axis]);
  if (fits) return entry;
  const wanted = shape.map((size) => size ?? "any").join(", ");
  throw new UniArmError(
    "checkpoint-tensor-shape",
    `${where} has tensor ${name} of shape [${entry.shape.join(", ")}]; its configuration asks for [${wanted}]. ${REMEDY}`,
  );
}
