import { UniArmError } from "../../schema/error.ts";
import type { PublishedModule } from "../../model/published-modules.ts";
import { hasLora, LORA_PARTS, type ModuleTensors, type TensorPart } from "./adapter-tensors.ts";
import type { BaseModel } from "./base-model.ts";
import { unsupported, type PeftLora } from "./config.ts";
import { mergeCommand, type PeftPlace } from "./merge-command.ts";
import { targetedPaths } from "./targets.ts";

/** One module that PEFT adapts, with what the configuration says of it and what the file holds. */
export interface LoraPlan {
  published: PublishedModule;
  rank: number;
  alpha: number;
  scale: number;
  tensors: ModuleTensors;
}

interface Checked {
  config: PeftLora;
  place: PeftPlace;
  /** the file of the weights */
  where: string;
  base: BaseModel;
}

/**
 * The modules of the model that the configuration adapts, which must be those that the file holds.
 * @throws UniArmError adapter-unsupported, adapter-model-mismatch, checkpoint-tensor-missing, checkpoint-tensor-unexpected
 */
export function checkModules(
  files: ReadonlyMap<string, ModuleTensors>,
  { config, place, where, base }: Checked,
): PublishedModule[] {
  const head = base.modules.find(({ kind }) => kind === "head")!.path;
  const known = new Map(base.modules.map((published) => [published.path, published]));
  const adapted = [...files].filter(([, tensors]) => hasLora(tensors)).map(([path]) => path);
  const stranger = adapted.find((path) => !known.has(path));
  if (stranger !== undefined) throw strangerError(stranger, place, where, base);
  const targeted = targetedPaths(config, [...known.keys()], head);
  const stray = adapted.find((path) => !targeted.has(path));
  if (stray !== undefined) {
    throw new UniArmError(
      "checkpoint-tensor-unexpected",
      `${where} adapts ${stray}, which target_modules, layers_to_transform and exclude_modules of ${place.path} leave out, so PEFT passes over it. Use the configuration and the weights of one adapter.`,
    );
  }
  const missing = [...targeted].find((path) => !adapted.includes(path));
  if (missing !== undefined) {
    throw new UniArmError(
      "checkpoint-tensor-missing",
      `${where} has no tensor base_model.model.${missing}.lora_A.weight, which ${place.path} asks for in a model of ${base.config.layers} layers (${base.folder}). Name the model that it was trained on, and take configuration and weights of one adapter.`,
    );
  }
  if (targeted.size === 0 && [...files.values()].every((tensors) => !tensors.weight)) {
    throw unsupported(
      place.path,
      `target_modules names no module of the model ${base.folder}`,
      "Name the model that it was trained on.",
    );
  }
  const touchesEnds = [...targeted].some((path) => known.get(path)!.kind !== "linear");
  const saved = config.modules_to_save ?? [];
  if (config.ensure_weight_tying && base.config.tiedEmbeddings && (touchesEnds || saved.length > 0)) {
    throw unsupported(
      place.path,
      "ensure_weight_tying is true: embedding and head share what is trained",
      mergeCommand(place),
    );
  }
  return base.modules.filter(({ path }) => targeted.has(path));
}

function strangerError(path: string, place: PeftPlace, where: string, base: BaseModel): UniArmError {
  const [, number] = /\.(?:layers|h)\.(\d+)\./.exec(path) ?? [];
  if (number !== undefined && Number(number) >= base.config.layers) {
    return new UniArmError(
      "adapter-model-mismatch",
      `${where} adapts ${path.slice(0, 200)}, and the model ${base.folder} has ${base.config.layers} layers. Name the model that it was trained on.`,
    );
  }
  return unsupported(
    where,
    `it adapts ${path.slice(0, 200)}, which is no linear module, embedding or head of the ${base.config.modelType} model ${base.folder}`,
    `Name the model that it was trained on. ${mergeCommand(place)}`,
  );
}

/** Whether a module's tensors are there, and of the sizes that its rank and the model ask for. */
export function loraShapes({ published, rank, tensors }: LoraPlan, config: PeftLora, where: string): void {
  const { path, kind, outSize, inSize } = published;
  const expected: Partial<Record<TensorPart, number[]>> =
    kind === "embedding"
      ? { embeddingA: [rank, inSize], embeddingB: [outSize, rank] }
      : { a: [rank, inSize], b: [outSize, rank], ...(config.lora_bias ? { shift: [outSize] } : {}) };
  if (config.use_dora) expected.magnitude = [outSize];
  for (const [name, part] of LORA_PARTS) {
    const [shape, entry] = [expected[part], tensors[part]];
    const full = `base_model.model.${path}.${name}`;
    if (!shape && !entry) continue;
    if (!entry) {
      throw new UniArmError(
        "checkpoint-tensor-missing",
        `${where} has no tensor ${full}, which its configuration asks for. Use configuration and weights of one adapter.`,
      );
    }
    if (!shape) {
      throw new UniArmError(
        "checkpoint-tensor-unexpected",
        `${where} has tensor ${full}, which no LoRA of its configuration has. Use configuration and weights of one adapter.`,
      );
    }
    if (entry.shape.join() === shape.join()) continue;
    throw new UniArmError(
      "checkpoint-tensor-shape",
      `${where} has tensor ${full} of shape [${entry.shape.join(", ")}]; its configuration asks for [${shape.join(", ")}]. ` +
        "Use configuration and weights of one adapter, and the model that it was trained on.",
    );
  }
}
