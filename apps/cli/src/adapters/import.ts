import { hashModel, openEngine, readForeignAdapter, saveCheckpoint, tf, type Adapter } from "@uniarm/core";
import {
  CheckpointManifest,
  UniArmError,
  type Method,
  type ObjectiveList,
  type PromptFormatName,
  type TemplateVars,
} from "@uniarm/core/schema";

export interface AdapterImport {
  /** one PBLoRA, or a LoRA for each objective in their order */
  folders: readonly string[];
  /** the model that they were trained on */
  model: string;
  objectives: ObjectiveList;
  promptFormat: PromptFormatName;
  templateVars: TemplateVars;
  output: string;
  /** told what of an adapter was left out because it changes nothing */
  onNotice: (text: string) => void;
}

/**
 * Makes a checkpoint of adapters that other programs trained.
 * @throws UniArmError adapter-objectives-mismatch, adapter-model-mismatch, and those of reading adapter and model
 */
export async function importAdapters(source: AdapterImport): Promise<{ method: Method; folder: string }> {
  const { folders, model, objectives, promptFormat, templateVars, output, onNotice } = source;
  const sha256 = await hashModel(model);
  const arms: Adapter[] = [];
  try {
    for (const folder of folders) arms.push(await readForeignAdapter(folder, model, { onNotice }));
    const method = methodOf(arms, folders, objectives);
    const { config } = arms[0]!;
    const engine = await openEngine();
    const manifest = CheckpointManifest.parse({
      format: "uniarm-checkpoint",
      formatVersion: 1,
      method,
      objectives,
      adapter: config,
      baseModel: { sha256, folder: model },
      training: null,
      importedFrom: folders.join(", "),
      promptFormat,
      templateVars,
      step: 0,
      seed: 0,
      versions: { tfjs: tf.version_core, engine: `${engine.name} ${engine.version}`, node: process.versions.node },
    });
    await saveCheckpoint(output, { manifest, arms });
    return { method, folder: output };
  } finally {
    for (const arm of arms) arm.dispose();
  }
}

function methodOf(arms: readonly Adapter[], folders: readonly string[], objectives: ObjectiveList): Method {
  const names = objectives.map(({ name }) => name).join(", ");
  const mismatch = (what: string): UniArmError =>
    new UniArmError("adapter-objectives-mismatch", `${what}; the objectives given are [${names}], in this order.`);
  const [first] = arms;
  if (first!.config.kind === "pblora") {
    if (arms.length > 1) throw mismatch("A PBLoRA is one adapter for all objectives: give one folder");
    if (first!.objectiveCount !== objectives.length)
      throw mismatch(`The PBLoRA of ${folders[0]} is for ${first!.objectiveCount} objectives`);
    return "parm";
  }
  if (arms.length !== objectives.length)
    throw mismatch(`There are ${arms.length} LoRA folders, one for each objective`);
  const unlike = arms.findIndex(({ config }) => JSON.stringify(config) !== JSON.stringify(first!.config));
  if (unlike > 0)
    throw mismatch(`The adapters of ${folders[0]} and ${folders[unlike]} have different ranks, scales or modules`);
  return "genarm";
}
