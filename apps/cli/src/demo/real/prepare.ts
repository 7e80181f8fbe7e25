import { existsSync } from "node:fs";
import { writeJsonLines } from "@uniarm/core";
import { isNamedModel, NAMED_MODELS, Prompt } from "@uniarm/core/schema";
import { everydayPrompts, type EverydayPart } from "@uniarm/data";
import { EVERYDAY_BATCH_ROWS, EVERYDAY_PROGRAMS, EVERYDAY_REQUEST, EVERYDAY_SAMPLING } from "@uniarm/pipeline/schema";
import { notesOn, pairsFromModel, PairsConfig, type AnswerCounts } from "../../data/pairs-from-model.ts";
import { writePairs } from "../../data/write-pairs.ts";
import { pullModel } from "../../models/pull.ts";
import type { DemoTools } from "../demo.ts";
import type { RealDemoConfig } from "./config.ts";
import { filesIn } from "./study.ts";

/** Fetches the model unless it is there, asks it the training questions, and pairs its answers by the programs' scores. */
export async function prepareRealDemo(config: RealDemoConfig, model: string, tools: DemoTools): Promise<void> {
  const { folder, progress, signal } = tools;
  if (isNamedModel(model)) await pullModel(model, NAMED_MODELS[model]!, progress, signal);
  const { pairs, prompts } = filesIn(folder);
  await writeJsonLines(prompts, await asked("test", config.testPrompts));
  if (existsSync(pairs)) return;
  const settings = PairsConfig.parse({
    model,
    ...(config.baseWeights ? { baseWeights: config.baseWeights } : {}),
    prompts: await asked("train", config.trainingPrompts),
    programs: EVERYDAY_PROGRAMS,
    output: pairs,
    samplesPerPrompt: config.samples,
    ...EVERYDAY_SAMPLING,
    maxNewTokens: config.maxNewTokens,
    batchRows: EVERYDAY_BATCH_ROWS,
    seed: config.seed,
  });
  let counts: AnswerCounts | null = null;
  await writePairs(pairs, async (write) => {
    counts = await pairsFromModel(settings, progress, { signal, setExitCode: () => undefined }, (pair) =>
      write(null, pair),
    );
    signal.throwIfAborted(); // no file, so that the answers are gone on with
  });
  progress.close();
  if (counts) for (const note of notesOn(counts)) progress.line(note);
}

async function asked(part: EverydayPart, count: number): Promise<Prompt[]> {
  const prompts = await everydayPrompts(part);
  return prompts.slice(0, count).map(({ id, text }) => Prompt.parse({ id, text: `${text} ${EVERYDAY_REQUEST}` }));
}
