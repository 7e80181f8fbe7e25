import {
  createAdapter,
  createRandom,
  disposeTransformer,
  float32Of,
  loadTransformer,
  readSafetensors,
  tf,
  type Adapter,
  type Transformer,
} from "@uniarm/core";
import { AdapterConfig } from "@uniarm/core/schema";
import type { Decoder } from "../src/generate.ts";
import type { DecodingRow } from "../src/rows.ts";
import { goldenPath } from "./golden.ts";

const CONFIGS = {
  moslora: { kind: "moslora", rank: 4, alpha: 8 },
  pblora: { kind: "pblora", sharedRank: 4, preferenceRank: 4, alpha: 8 },
  lora: { kind: "lora", rank: 4, alpha: 8 },
} as const;

/** The golden Llama with the reference's ARMs on it. */
export async function goldenDecoder(
  kind: keyof typeof CONFIGS,
  files: readonly string[],
  eosTokenId?: number,
): Promise<Decoder & { dispose: () => void }> {
  const model = await loadTransformer(goldenPath("models/llama"));
  const arms = await Promise.all(files.map((file) => goldenAdapter(model, kind, file)));
  return {
    model,
    arms,
    eosTokenIds: new Set(eosTokenId === undefined ? [] : [eosTokenId]),
    dispose: () => {
      disposeTransformer(model);
      for (const arm of arms) arm.dispose();
    },
  };
}

async function goldenAdapter(model: Transformer, kind: keyof typeof CONFIGS, file: string): Promise<Adapter> {
  const { tensors } = await readSafetensors(goldenPath(`decoding/${file}`));
  const stored = tensors.get("objective_embeddings");
  const objectiveCount = kind === "lora" ? 1 : 2;
  const values = stored && float32Of(stored);
  const width = model.config.hiddenSize;
  const objectiveVectors =
    values &&
    Array.from({ length: objectiveCount }, (_, row) => Array.from(values.subarray(row * width, (row + 1) * width)));
  const adapter = createAdapter(AdapterConfig.parse(CONFIGS[kind]), model.config, {
    objectiveCount,
    random: createRandom(0),
    ...(objectiveVectors ? { objectiveVectors } : {}),
  });
  for (const [name, variable] of Object.entries(adapter.tensors)) {
    const entry = tensors.get(name);
    if (!entry) throw new Error(`${file} has no ${name}`);
    tf.tidy(() => {
      variable.assign(tf.tensor(float32Of(entry), entry.shape));
    });
  }
  return adapter;
}

/** A row for ids that no tokenizer made. */
export function goldenRow(
  id: string,
  ids: number[],
  preference: number[] | null,
  coefficients: number[],
  sample = 0,
): DecodingRow {
  return { prompt: { id, text: id, ids }, preference, coefficients, sample };
}
