/** What cannot be merged into weights: it acts on the input or chooses among adapters, not on a matrix. */
const UNMERGEABLE = new Set([
  "ADAPTION_PROMPT",
  "CARTRIDGE",
  "CPT",
  "MULTITASK_PROMPT_TUNING",
  "POLY",
  "PREFIX_TUNING",
  "PROMPT_TUNING",
  "P_TUNING",
  "XLORA",
]);

/** Where an adapter's configuration lies, and what it is for. */
export interface PeftPlace {
  /** adapter_config.json */
  path: string;
  folder: string;
  /** the base model's folder */
  model: string;
  /** labels of a classifier's head that the adapter's file holds; null where it holds none */
  labels: number | null;
}

/** The way out for an adapter that only PEFT computes: PEFT merges it, and the result is a model like any other. */
export function mergeCommand({ folder, model, labels }: PeftPlace, taskType: unknown = "CAUSAL_LM"): string {
  const classifies = taskType === "SEQ_CLS";
  const task = classifies ? "SequenceClassification" : "CausalLM";
  const base = classifies ? `'${model}', num_labels=${labels ?? 1}` : `'${model}'`;
  const use = classifies
    ? "name the folder merged as a reward model"
    : "import the folder merged in the adapter's place";
  return (
    `Merge it in PEFT first: python -c "from transformers import AutoModelFor${task} as M, AutoTokenizer as T; from peft import PeftModel as P; ` +
    `P.from_pretrained(M.from_pretrained(${base}), '${folder}').merge_and_unload().save_pretrained('merged'); ` +
    `T.from_pretrained('${model}').save_pretrained('merged')", then ${use}.`
  );
}

/** The same for another kind of PEFT's adapters. */
export function mergeOtherKind(peftType: string, place: PeftPlace, taskType: unknown): string {
  return UNMERGEABLE.has(peftType)
    ? "It cannot be merged into weights either: train a LoRA."
    : mergeCommand(place, taskType);
}
