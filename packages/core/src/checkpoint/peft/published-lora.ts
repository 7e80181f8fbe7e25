import { partOf, type Adapter } from "../../adapters/adapter.ts";
import { disposeFactors, factorAdapter } from "../../adapters/factors.ts";
import { LORA_PART } from "../../adapters/lora-by-module.ts";
import type { TensorData } from "../../files/safetensors.ts";
import { EMBEDDING, type ModuleName } from "../../layers/adapter-rows.ts";
import { publishedModules, type PublishedModule } from "../../model/published-modules.ts";
import type { StoredAdapterConfig } from "../../schema/adapter.ts";
import type { ModelConfig } from "../../schema/model.ts";

/** The LoRA of one published module, scale 1. */
export interface PublishedLora {
  path: string;
  ofEmbedding: boolean;
  rank: number;
  /** [r,in] */
  a: TensorData;
  /** [out,r] */
  b: TensorData;
  /** [out], where the adapter adds a bias that the base model has no place for */
  shift: Float32Array | null;
  /** [out], of DoRA */
  magnitude: Float32Array | null;
}

/** The same of one of our modules, some of which are published in one product. */
interface OwnLora {
  rank: number;
  a: Float32Array;
  b: Float32Array;
  shift: Float32Array | null;
  magnitude: Float32Array | null;
}

/** The low-rank part of an adapter at one preference, by the modules that the model's family publishes. */
export async function publishedLora(
  adapter: Adapter,
  preference: readonly number[],
  model: ModelConfig,
): Promise<PublishedLora[]> {
  const own = await ownLoras(adapter, preference);
  return publishedModules(model).flatMap((published) => {
    const joined = joinParts(published, own);
    return joined ? [joined] : [];
  });
}

async function ownLoras(adapter: Adapter, preference: readonly number[]): Promise<Map<ModuleName, OwnLora>> {
  const { config } = adapter;
  const beside = biasesBeside(config);
  const found = new Map<ModuleName, OwnLora>();
  const factors = factorAdapter(adapter, preference);
  const copy = async (tensor: { data: () => Promise<unknown> }): Promise<Float32Array> =>
    ((await tensor.data()) as Float32Array).slice();
  try {
    for (const [name, { down, up, bias }] of factors) {
      if (!up) continue;
      const form = config.kind === "lora-by-module" ? config.modules[name]! : null;
      if (carriesBias(config, name)) continue;
      // DoRA's product is stored before it is rescaled
      const b = form
        ? (await copy(partOf(adapter, name, LORA_PART.b))).map((value) => value * form.scale)
        : await copy(up);
      found.set(name, {
        rank: down.shape[0],
        a: await copy(down),
        b,
        shift: bias && !beside ? await copy(bias) : null,
        magnitude: form?.rescaled ? await copy(partOf(adapter, name, LORA_PART.magnitude)) : null,
      });
    }
  } finally {
    disposeFactors(factors.values());
  }
  return found;
}

/**
 * Whether an adapter's biases are written as biases of the base model: PEFT has none in a DoRA and in an embedding's LoRA.
 * Such an adapter was read with trained biases of its base model, which has a place for them.
 */
export const biasesBeside = (config: StoredAdapterConfig): boolean =>
  config.kind === "lora-by-module" &&
  (Object.values(config.modules).some(({ rescaled }) => rescaled) ||
    typeof config.modules[EMBEDDING]?.rank === "number");

/** Whether a module's LoRA in a DoRA is no DoRA: then it is zero, and there for a trained bias alone. */
export const carriesBias = (config: StoredAdapterConfig, module: ModuleName): boolean =>
  config.kind === "lora-by-module" &&
  Object.values(config.modules).some(({ rescaled }) => rescaled) &&
  config.modules[module]?.rescaled === false &&
  config.modules[module].rank !== null;

/** One LoRA for all parts of a published module: they share A, or each has rows of its own in it. */
function joinParts(
  { path, kind, parts, outSize, inSize }: PublishedModule,
  own: ReadonlyMap<ModuleName, OwnLora>,
): PublishedLora | null {
  const there = parts.flatMap((part) => {
    const lora = own.get(part.module);
    return lora ? [{ ...part, lora }] : [];
  });
  const [first] = there;
  if (!first) return null;
  const same = (one: Float32Array, other: Float32Array): boolean =>
    one.length === other.length && one.every((value, index) => value === other[index]);
  const shared = there.every(({ lora }) => same(lora.a, first.lora.a));
  const rank = shared ? first.lora.rank : there.reduce((sum, { lora }) => sum + lora.rank, 0);
  const a = shared ? first.lora.a : new Float32Array(rank * inSize);
  const b = new Float32Array(outSize * rank);
  const vector = (of: "shift" | "magnitude"): Float32Array | null => {
    if (there.every(({ lora }) => lora[of] === null)) return null;
    const whole = new Float32Array(outSize);
    for (const { start, lora } of there) if (lora[of]) whole.set(lora[of], start);
    return whole;
  };
  let column = 0;
  for (const { start, size, lora } of there) {
    if (!shared) a.set(lora.a, column * inSize);
    for (let row = 0; row < size; row++)
      b.set(lora.b.subarray(row * lora.rank, (row + 1) * lora.rank), (start + row) * rank + column);
    if (!shared) column += lora.rank;
  }
  return {
    path,
    ofEmbedding: kind === "embedding",
    rank,
    a: { shape: [rank, inSize], data: a },
    b: { shape: [outSize, rank], data: b },
    shift: vector("shift"),
    magnitude: vector("magnitude"),
  };
}
