import { createHash } from "node:crypto";
import { join } from "node:path";
import { encodePrompt, modelPath, readText } from "@uniarm/core";
import { SamplingConfig, UniArmError, type LocalJudge } from "@uniarm/core/schema";
import { openGuidedModel, openInteractive } from "@uniarm/decoder";
import type { Judge } from "@uniarm/eval";

/** Beside the weights, what decides how a question is read and where an answer ends. */
const READING_FILES = [
  "config.json",
  "generation_config.json",
  "tokenizer.json",
  "tokenizer_config.json",
  "special_tokens_map.json",
  "chat_template.jinja",
];

/**
 * A model folder as a judge, greedy; questions that come together are decoded in one batch. A question that does not fit the
 * model's context is rejected.
 * @throws UniArmError as opening a model folder does
 */
export async function openLocalJudge(config: LocalJudge, maxRows: number): Promise<Judge> {
  const { type: _, maxNewTokens, ...source } = config;
  const guided = await openGuidedModel(source);
  const interactive = openInteractive(guided, { maxRows });
  const sampling = SamplingConfig.parse({ temperature: 0 });
  return {
    key: {
      model: guided.model.sha256,
      reading: await hashOfReading(config.model),
      baseWeights: guided.model.baseWeights,
      promptFormat: config.promptFormat,
      templateVars: config.templateVars,
      maxNewTokens,
    },
    ask: async (question, { signal, spend }) => {
      signal.throwIfAborted();
      spend();
      const request = { prompt: { id: "question", text: question }, preference: null, sampling, maxNewTokens, seed: 0 };
      try {
        let completionTokens = 0;
        for await (const event of interactive.ask(request)) {
          if (event.type === "token") completionTokens += 1;
          else {
            const promptTokens = encodePrompt(guided.tokenizer, question).length;
            return { text: event.text, promptTokens, completionTokens, model: null };
          }
        }
      } catch (error) {
        if (error instanceof UniArmError && error.code === "prompt-too-long") return { rejected: error.message };
        throw error;
      }
      throw new UniArmError("judge-closed", `The model ${config.model} was closed before it had answered.`);
    },
    dispose: async () => {
      await interactive.close();
      guided.dispose();
    },
  };
}

async function hashOfReading(place: string): Promise<string> {
  const folder = modelPath(place); // a GGUF file has none of these beside it: its keys are hashed with its weights
  const hash = createHash("sha256");
  for (const name of READING_FILES)
    hash.update(JSON.stringify([name, await readText(join(folder, name)).catch(() => null)]));
  return hash.digest("hex");
}
