import { LORA_PART } from "../../adapters/lora-by-module.ts";
import { float32Of } from "../../files/safetensors.ts";
import { EMBEDDING, HEAD, type ModuleName } from "../../layers/adapter-rows.ts";
import type { PublishedModule } from "../../model/published-modules.ts";
import { UniArmError } from "../../schema/error.ts";
import * as tf from "../../tensor/tf.ts";
import type { ModuleTensors, NamedEntry } from "./adapter-tensors.ts";
import type { BaseModel } from "./base-model.ts";
import { unsupported, type PeftLora } from "./config.ts";
import { mergeCommand, type PeftPlace } from "./merge-command.ts";
import { addShift, type ModuleValues } from "./module-values.ts";

interface Options {
  config: PeftLora;
  place: PeftPlace;
  where: string;
  base: BaseModel;
  onNotice: (text: string) => void;
}

/**
 * Weights and biases of the model itself that the file holds: those of modules_to_save, trained biases, embeddings saved
 * along. What equals the base model's is left out with a notice; any other one becomes what it adds to the base model's.
 */
export function savedChanges(
  files: ReadonlyMap<string, ModuleTensors>,
  values: Map<ModuleName, ModuleValues>,
  options: Options,
): void {
  const { base, where, onNotice } = options;
  const known = new Map(base.modules.map((published) => [published.path, published]));
  checkSaved(files, options);
  checkTied(files, options);
  const same: string[] = [];
  for (const [path, { weight, bias, originalWeight }] of files) {
    const published = known.get(path);
    // what modules_to_save took the place of is not in use, but for the weight that a tied model's ends share
    if (originalWeight && base.config.tiedEmbeddings && published && published.kind !== "linear")
      unchanged(originalWeight, options);
    if (!published) {
      for (const entry of [weight, bias]) if (entry) same.push(unchanged(entry, options));
      continue;
    }
    if (weight && !changeWeight(published, weight, values, options)) same.push(weight.name);
    if (bias && !changeBias(published, bias, values, options)) same.push(bias.name);
  }
  if (same.length > 0)
    onNotice(`${where} holds ${same.join(", ")} as the base model has ${same.length > 1 ? "them" : "it"}; left out.`);
}

/** Every module that modules_to_save names must be in the file. */
function checkSaved(files: ReadonlyMap<string, ModuleTensors>, { config, place, where, base }: Options): void {
  const saved = config.modules_to_save ?? [];
  for (const { path } of base.modules) {
    const name = saved.find((one) => path.endsWith(one));
    if (name === undefined || files.get(path)?.weight) continue;
    throw new UniArmError(
      "checkpoint-tensor-missing",
      `${where} has no tensor base_model.model.${path}.weight, which modules_to_save (${name}) of ${place.path} asks for. Use configuration and weights of one adapter.`,
    );
  }
}

/** In a tied model embedding and head are one weight; saved along, they must be one. */
function checkTied(files: ReadonlyMap<string, ModuleTensors>, { config, place, where, base }: Options): void {
  if (!base.config.tiedEmbeddings) return;
  const ends = base.modules.filter(({ kind }) => kind !== "linear").map(({ path }) => path);
  const saved = config.modules_to_save ?? [];
  const [one, other] = ends.map((path) => (saved.some((name) => path.endsWith(name)) ? null : files.get(path)?.weight));
  if (!one || !other || equal(float32Of(one), float32Of(other))) return;
  throw unsupported(
    where,
    `it holds ${one.name} and ${other.name} of different values, and in the base model they are one`,
    mergeCommand(place),
  );
}

/** The name of a tensor outside linear modules that equals the base model's. @throws UniArmError adapter-unsupported */
function unchanged(entry: NamedEntry, { where, base }: Options): string {
  const stored = base.otherOf(
    entry.name.replace(/^base_model\.model\./, "").replace(/\.(base_layer|original_module)\./, "."),
  );
  if (stored) {
    const same = stored.shape.join() === entry.shape.join() && equal(stored.dataSync<"float32">(), float32Of(entry));
    stored.dispose();
    if (same) return entry.name;
  }
  throw unsupported(
    where,
    `it holds ${entry.name}, ${stored ? "which differs from the base model's" : `and the model ${base.folder} has no such tensor`}; only linear modules, the embedding and the head can be exchanged`,
    "Train the adapter without it (modules_to_save).",
  );
}

/** Whether the weight differs from the base model's; then what it adds is written into `values`. */
function changeWeight(
  published: PublishedModule,
  entry: NamedEntry,
  values: Map<ModuleName, ModuleValues>,
  { config, place, where, base }: Options,
): boolean {
  const { path, kind, parts, outSize, inSize, turned } = published;
  const wayOut = mergeCommand(place);
  const shape = turned || kind === "embedding" ? [inSize, outSize] : [outSize, inSize];
  if (entry.shape.join() !== shape.join()) {
    const what = `it holds ${entry.name} of shape [${entry.shape.join(", ")}], and the base model's is [${shape.join(", ")}]`;
    throw kind === "linear"
      ? unsupported(where, what, "Name the model that it was trained on.")
      : unsupported(where, `${what}: the vocabulary was resized`, resizeFirst(wayOut, Math.max(...entry.shape)));
  }
  const ownModule = (config.modules_to_save ?? []).some((one) => path.endsWith(one));
  // a saved embedding lies over the one weight that a tied model's embedding and head share
  const tied = base.config.tiedEmbeddings && kind !== "linear" && !ownModule;
  const modules = tied ? [EMBEDDING, HEAD] : parts.map(({ module }) => module);
  let changed = false;
  for (const module of modules) {
    const { start, size } = parts.find((part) => part.module === module) ?? parts[0]!;
    const delta = tf.tidy(() => {
      const given = tf.tensor2d(float32Of(entry).slice(), [shape[0]!, shape[1]!]);
      const rows: tf.Tensor2D = turned ? tf.slice(tf.transpose(given), [start, 0], [size, -1]) : given;
      return tf.sub(rows, base.weightOf(module));
    });
    const [data, deltaShape] = [delta.dataSync<"float32">().slice(), [...delta.shape]];
    delta.dispose();
    if (data.every((value) => value === 0)) continue;
    changed = true;
    const before = values.get(module)?.tensors[LORA_PART.whole];
    if (before && equal(before.data, data)) continue; // one weight, saved under both of its names
    if (values.has(module)) {
      throw unsupported(
        where,
        `it holds ${entry.name}, which differs from the base model's, beside a LoRA of the same module`,
        `Name the model that it was trained on. ${wayOut}`,
      );
    }
    const form = { rank: null, scale: 1, shift: false, rescaled: false };
    values.set(module, { form, tensors: { [LORA_PART.whole]: { shape: deltaShape, data } } });
  }
  return changed;
}

/** Whether the bias differs from the base model's; then what it adds is written into `values`. */
function changeBias(
  { path, parts, inSize, outSize, kind }: PublishedModule,
  entry: NamedEntry,
  values: Map<ModuleName, ModuleValues>,
  { where, base }: Options,
): boolean {
  const given = float32Of(entry);
  let changed = false;
  for (const { module, start, size } of parts) {
    const own = kind === "linear" ? base.biasOf(module) : null;
    if (!own || entry.shape.join() !== [outSize].join()) {
      own?.dispose();
      throw unsupported(
        where,
        `it holds ${entry.name} of shape [${entry.shape.join(", ")}], and ${path} of the model ${base.folder} has ${own ? `a bias of ${outSize}` : "no bias"}`,
        "Name the model that it was trained on.",
      );
    }
    const before = own.dataSync<"float32">();
    own.dispose();
    const delta = given.slice(start, start + size).map((value, index) => value - before[index]!);
    if (delta.every((value) => value === 0)) continue;
    changed = true;
    addShift(values, module, delta, inSize);
  }
  return changed;
}

const equal = (one: Float32Array, other: Float32Array): boolean =>
  one.length === other.length && one.every((value, index) => value === other[index]);

const resizeFirst = (command: string, rows: number): string =>
  command.replace(
    /P\.from_pretrained\((M\.from_pretrained\('[^']*'\))/,
    `m = $1; m.resize_token_embeddings(${rows}); P.from_pretrained(m`,
  );
