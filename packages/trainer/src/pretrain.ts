import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import {
  checkIsWritten,
  createRandom,
  createTransformer,
  disposeTransformer,
  encodePrompt,
  encodeResponse,
  exists,
  loadTokenizer,
  openEngine,
  readJsonLines,
  readModelConfig,
  saveTransformer,
  tf,
  tokenBatch,
  tokenLogProbs,
  trainableVariables,
  writeFolderAtomically,
  type PromptAndResponse,
  type TokenBatch,
  type TokenPosition,
  type Transformer,
} from "@uniarm/core";
import { UniArmError, type PretrainingConfig, type RunEvent } from "@uniarm/core/schema";
import { z } from "zod";
import { createAdamW } from "./adamw.ts";
import { planBatches } from "./batches.ts";
import { betweenSteps } from "./between-steps.ts";
import { clipByGlobalNorm, valueAndGradients } from "./gradients.ts";
import { learningRateAt } from "./learning-rate.ts";
import type { MetricValues } from "./metrics.ts";
import { areAllFinite, pretrainingNotFinite, pretrainingSkip, valueOf } from "./pretraining-trouble.ts";

const Text = z.object({ prompt: z.string(), response: z.string() });
const TOKENIZER_FILES = ["tokenizer.json", "tokenizer_config.json", "special_tokens_map.json", "chat_template.jinja"];

/**
 * Language modelling of all weights from a random start: mean negative log-likelihood of every token but the first, in
 * prompt and response. Writes a Hugging Face model folder with the tokenizer's files after the last step.
 * Yields `started`; `metric` ("loss" in nats per token, "gradientNorm", "learningRate", "tokens") and `progress` each step;
 * then `finished`, or `stopped` when the signal was aborted: nothing is written then. A step whose loss or gradient is not
 * finite ends it; `skipNotFinite` of them are left out with a notice instead.
 *
 * @throws UniArmError training-not-finite, output-exists, texts-empty, and those of reading texts, config.json and tokenizer
 */
export async function* pretrain(
  config: PretrainingConfig,
  options: { signal?: AbortSignal | undefined } = {},
): AsyncGenerator<RunEvent> {
  await checkOutput(config.output);
  const tokenizer = await loadTokenizer(config.model);
  const modelConfig = await readModelConfig(config.model);
  checkIsWritten(modelConfig, config.output);
  const maxTokens = Math.min(config.maxLengthTokens, modelConfig.contextTokens);
  const all = (await readJsonLines(config.texts, Text)).map(({ prompt, response }, row) => ({
    row,
    prompt: encodePrompt(tokenizer, prompt),
    response: encodeResponse(tokenizer, response),
  }));
  const texts = all.filter((text) => lengthOf(text) <= maxTokens);
  if (texts.length === 0) {
    throw new UniArmError(
      "texts-empty",
      `${config.texts} holds no texts of at most ${maxTokens} tokens (${all.length} in all); pre-training needs at least one.`,
    );
  }

  await openEngine();
  const random = createRandom(config.seed);
  const model = createTransformer(modelConfig, random.fork("weights"), { trainable: true });
  const variables = trainableVariables(model);
  const optimizer = createAdamW(variables, config.optimizer);
  const batchAt = planBatches(texts.map(lengthOf), config.batchTexts, random.fork("data"));
  try {
    yield { type: "started", kind: "pretrain", total: config.steps };
    const leftOut = all.length - texts.length;
    if (leftOut > 0)
      yield {
        type: "notice",
        code: "texts-left-out",
        message: `${leftOut} texts are longer than ${maxTokens} tokens and were left out.`,
      };
    let skipped = 0;
    let newest: TokenBatch | null = null;
    for (let step = 0; step < config.steps; step++) {
      if (options.signal?.aborted) {
        yield {
          type: "stopped",
          step,
          message: `Stopped after ${step} of ${config.steps} steps; nothing was written. Pre-training starts from the beginning next time.`,
        };
        return;
      }
      const drawn = batchAt(step).map((index) => texts[index]!);
      const batch = tokenBatch(drawn, tokenizer.padTokenId ?? 0);
      const learningRate = learningRateAt(step, config.steps, config.optimizer);
      const { value, gradients } = valueAndGradients(() => meanNegativeLogProb(model, batch), variables);
      const clipped = clipByGlobalNorm(gradients, config.optimizer.maxGradNorm);
      const [loss, gradientNorm] = [(await value.data())[0]!, (await clipped.norm.data())[0]!];
      const isSound = Number.isFinite(loss) && Number.isFinite(gradientNorm);
      if (isSound) optimizer.apply(clipped.gradients, learningRate);
      tf.dispose([value, gradients, clipped.gradients, clipped.norm]);
      if (isSound) newest = batch;
      else {
        const rows = drawn.map(({ row }) => row);
        const trouble = { step: step + 1, what: `its loss is ${loss}, the norm of the gradient ${gradientNorm}`, rows };
        if (skipped >= config.skipNotFinite) throw await pretrainingNotFinite(config, trouble, skipped);
        skipped += 1;
        yield await pretrainingSkip(config, trouble, skipped);
      }
      const values: MetricValues = isSound ? { loss, gradientNorm } : {};
      values.learningRate = learningRate;
      values.tokens = batch.length.reduce((sum, length) => sum + length, 0);
      if (config.skipNotFinite > 0) values.skippedSteps = skipped;
      yield { type: "metric", step: step + 1, values };
      yield { type: "progress", phase: "pretrain", done: step + 1, total: config.steps, unit: "steps" };
      await betweenSteps();
    }
    const unsound = await unsoundness(model, variables, newest);
    if (unsound !== null)
      throw await pretrainingNotFinite(config, { step: config.steps, what: unsound, rows: [] }, skipped);
    await saveModel(config, model);
    const left = skipped > 0 ? ` ${skipped} of them were skipped: a loss or gradient was not finite.` : "";
    yield {
      type: "finished",
      message: `Pre-trained for ${config.steps} steps; the model is in ${config.output}.${left}`,
    };
  } finally {
    optimizer.dispose();
    disposeTransformer(model);
  }
}

/** Why the model must not be written: finite weights may still give no loss. Null: it may. */
async function unsoundness(
  model: Transformer,
  variables: Record<string, tf.Variable>,
  newest: TokenBatch | null,
): Promise<string | null> {
  if (!(await areAllFinite(variables))) return "its update left weights that are not finite";
  const loss = newest === null ? 0 : await valueOf(() => meanNegativeLogProb(model, newest));
  return Number.isFinite(loss) ? null : `with the weights after it, the loss is ${loss}`;
}

function meanNegativeLogProb(model: Transformer, batch: TokenBatch): tf.Scalar {
  return tf.tidy(() => tf.neg(tf.mean(tokenLogProbs(model, batch.ids, predictedPositions(batch)))));
}

/** Every token that follows another one; padding is not a token. */
function predictedPositions({ length }: TokenBatch): TokenPosition[] {
  return length.flatMap((columns, row) =>
    Array.from({ length: columns - 1 }, (_, index) => ({ row, column: index + 1 })),
  );
}

async function saveModel({ model, output }: PretrainingConfig, transformer: Transformer): Promise<void> {
  await writeFolderAtomically(output, async (partial) => {
    for (const name of TOKENIZER_FILES) {
      if (await exists(join(model, name))) await copyFile(join(model, name), join(partial, name));
    }
    await saveTransformer(partial, transformer);
  });
}

async function checkOutput(output: string): Promise<void> {
  if (!(await exists(output))) return;
  throw new UniArmError(
    "output-exists",
    `${output} already exists; pre-training makes a new model folder. Choose another output, or remove it.`,
  );
}

const lengthOf = ({ prompt, response }: PromptAndResponse): number => prompt.length + response.length;
