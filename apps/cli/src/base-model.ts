import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createRandom, writeJsonLines } from "@uniarm/core";
import { PretrainingConfig, type RunEvent } from "@uniarm/core/schema";
import { makeModelFolder, makeTexts, PRETRAINING, type TinyWorldModel } from "@uniarm/tiny-world";
import { pretrain } from "@uniarm/trainer";

/** Makes a tiny-world base model from scratch: tokenizer, texts, pre-training -> `output` in Hugging Face layout. */
export async function* pretrainBaseModel(
  { name, output, seed }: { name: TinyWorldModel; output: string; seed: number },
  signal: AbortSignal,
): AsyncGenerator<RunEvent> {
  const folder = await mkdtemp(join(tmpdir(), "uniarm-base-"));
  try {
    const { texts, ...settings } = PRETRAINING[name];
    await makeModelFolder(name, join(folder, "model"));
    await writeJsonLines(join(folder, "texts.jsonl"), makeTexts(texts, createRandom(seed).fork("texts")));
    const config = PretrainingConfig.parse({
      ...settings,
      model: join(folder, "model"),
      texts: join(folder, "texts.jsonl"),
      output,
      seed,
    });
    yield* pretrain(config, { signal });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
