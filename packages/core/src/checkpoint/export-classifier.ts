import type { Adapter } from "../adapters/adapter.ts";
import { scorerHead } from "../adapters/scorer.ts";
import { loadTokenizer } from "../text/tokenizer.ts";
import { FAMILIES } from "../model/family.ts";
import { scoredPadTokenId } from "../model/head-scores.ts";
import { readConfigJson, readModelConfig } from "../model/model-folder.ts";
import { UniArmError } from "../schema/error.ts";
import type { PromptFormatName } from "../schema/prompt-format.ts";
import type { ReadingSettings } from "../schema/reading-settings.ts";
import type { TemplateVars } from "../schema/template-vars.ts";
import { exportWeights, type WeightsExportOptions } from "./export-weights.ts";

export interface ClassifierExportOptions extends Pick<WeightsExportOptions, "shardBytes" | "onProgress"> {
  /** of the scores, in the order of the head's rows */
  labels: readonly string[];
  /** how the dialogues were written out, for whoever reads the folder here */
  promptFormat: PromptFormatName;
  templateVars: TemplateVars;
  /** Default: float32, so that small changes of the weights are not rounded away. */
  dtype?: WeightsExportOptions["dtype"];
}

/**
 * Writes a scorer as a model folder that transformers loads as a sequence classifier: the weights of `source` with the adapter
 * merged into them, and its head.
 * @throws UniArmError scorer-base-unsupported, and those of `exportWeights`
 */
export async function exportClassifier(
  target: string,
  source: string,
  adapter: Adapter,
  { labels, promptFormat, templateVars, dtype = "float32", ...options }: ClassifierExportOptions,
): Promise<{ files: string[]; bytes: number }> {
  const architecture = await classifierClass(source);
  const head = scorerHead(adapter);
  const config = {
    architectures: [architecture],
    id2label: Object.fromEntries(labels.map((label, index) => [String(index), label])),
    label2id: Object.fromEntries(labels.map((label, index) => [label, index])),
    pad_token_id: scoredPadTokenId(await readModelConfig(source), await loadTokenizer(source)),
    ...(labels.length > 1 ? { problem_type: "multi_label_classification" } : {}), // each score by itself
    uniarm: { promptFormat, templateVars } satisfies ReadingSettings,
  };
  const data = (await head.data<"float32">()).slice();
  const classifier = { head: { shape: [...head.shape], data }, config };
  return exportWeights(target, source, adapter, [], { ...options, dtype, classifier });
}

/** The class that transformers makes of a base model with a head of scores. @throws UniArmError scorer-base-unsupported */
export async function classifierClass(source: string): Promise<string> {
  const { modelType } = await readModelConfig(source);
  const { text_config: inner } = (await readConfigJson(source)) as { text_config?: unknown };
  const { classifier } = FAMILIES[modelType];
  if (classifier !== null && typeof inner !== "object") return classifier;
  const why = classifier === null ? `a ${modelType} model` : "a language model inside of one that reads images";
  throw new UniArmError(
    "scorer-base-unsupported",
    `${source} is ${why}, and transformers has no class for it with a head of scores. Train the scorer on another base model.`,
  );
}
