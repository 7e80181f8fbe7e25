import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Adapter } from "../../src/adapters/adapter.ts";
import { bindAdapter } from "../../src/adapters/bind.ts";
import { mergeIntoModel } from "../../src/adapters/merge.ts";
import { embedObjective } from "../../src/adapters/objective-vectors.ts";
import { adapterFromTensors } from "../../src/checkpoint/adapter-file.ts";
import { readSafetensors } from "../../src/files/safetensors.ts";
import type { AdapterRows } from "../../src/layers/adapter-rows.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { transformerTensors } from "../../src/model/held-tensors.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import { AdapterConfig } from "../../src/schema/adapter.ts";
import * as tf from "../../src/tensor/tf.ts";
import { expectNoTensorLeak } from "../../src/testing/index.ts";
import { goldenFolder, paddingOf, readGolden } from "../support/golden.ts";
import { largestDifference } from "../support/numeric-gradient.ts";

interface Case {
  preference: number[];
  logits: number[][];
}
interface AdapterGolden {
  tolerance: { logits_abs: number; merged_vs_unmerged_abs?: number };
  input_ids: number[][];
  attention_mask: number[][];
  logits_at: [number, number][];
  cases: Case[];
  mixed?: { preference_per_row: number[][]; logits: number[][] };
  merged?: Case;
}

const CONFIGS = {
  lora: { kind: "lora", rank: 4, alpha: 8 },
  "pblora-k2": { kind: "pblora", sharedRank: 4, preferenceRank: 4, alpha: 8 },
  "pblora-k3": { kind: "pblora", sharedRank: 4, preferenceRank: 4, alpha: 8 },
  "moslora-k2": { kind: "moslora", rank: 4, alpha: 8 },
  "moslora-k3": { kind: "moslora", rank: 4, alpha: 8 },
} as const;
type Name = keyof typeof CONFIGS;

let model: Transformer;
beforeAll(async () => {
  model = await loadTransformer(join(goldenFolder, "models", "llama"));
});
afterAll(() => {
  disposeTransformer(model);
});

async function goldenAdapter(name: Name): Promise<Adapter> {
  const where = join(goldenFolder, "adapters", name, "adapter_model.safetensors");
  const { tensors } = await readSafetensors(where);
  const objectiveCount = name === "lora" ? 1 : Number(name.at(-1));
  return adapterFromTensors(AdapterConfig.parse(CONFIGS[name]), tensors, { objectiveCount, where });
}

/** Logits at the golden's places, [5][V]. */
function logitsAt(golden: AdapterGolden, network: Transformer, adapters: AdapterRows[] = []): number[][] {
  const hidden = forward(network, golden.input_ids, { padding: paddingOf(golden.attention_mask), adapters });
  const all = logitsOf(network, hidden).arraySync() as number[][][];
  return golden.logits_at.map(([row, column]) => all[row]![column]!);
}

/** The batch with a preference for each row. */
function adapted(golden: AdapterGolden, adapter: Adapter, preferences: number[][]): number[][] {
  return tf.tidy(() => {
    const rows = { adapter: bindAdapter(adapter, tf.tensor2d(preferences)), start: 0, count: preferences.length };
    return logitsAt(golden, model, [rows]);
  });
}

const expectClose = (actual: number[][], expected: number[][], tolerance: number): void => {
  actual.forEach((values, index) => expect(largestDifference(values, expected[index]!)).toBeLessThan(tolerance));
};

describe.each(Object.keys(CONFIGS) as Name[])("%s as the reference computed it", (name) => {
  const golden = readGolden<AdapterGolden & { logits?: number[][] }>(`adapters/${name}/expect.json`);
  const cases = golden.cases ?? [{ preference: [1], logits: golden.logits! }];
  const { logits_abs: tolerance } = golden.tolerance;

  test.each(cases)("logits at preference $preference", async ({ preference, logits }) => {
    await expectNoTensorLeak(async () => {
      const adapter = await goldenAdapter(name);
      const same = golden.input_ids.map(() => preference);
      expectClose(adapted(golden, adapter, same), logits, tolerance);
      adapter.dispose();
    });
  });

  test.each(cases)("a model merged at preference $preference gives the same", async ({ preference, logits }) => {
    await expectNoTensorLeak(async () => {
      const adapter = await goldenAdapter(name);
      const merged = mergeIntoModel(model, adapter, preference);
      adapter.dispose();
      tf.tidy(() => {
        expectClose(logitsAt(golden, merged), logits, tolerance);
      });
      disposeTransformer(merged);
    });
  });
});

describe.each(["moslora-k2", "moslora-k3"] as const)(
  "%s as the reference computed it, beyond one preference",
  (name) => {
    const golden = readGolden<AdapterGolden & Required<Pick<AdapterGolden, "mixed" | "merged">>>(
      `adapters/${name}/expect.json`,
    );
    const { logits_abs: tolerance } = golden.tolerance;

    test("rows of one batch with preferences of their own", async () => {
      const adapter = await goldenAdapter(name);
      expectClose(adapted(golden, adapter, golden.mixed.preference_per_row), golden.mixed.logits, tolerance);
      adapter.dispose();
    });

    test("the reference's merged checkpoint, weights and biases", async () => {
      const { preference, logits } = golden.merged;
      const adapter = await goldenAdapter(name);
      const theirs = await loadTransformer(join(goldenFolder, "adapters", name, "merged"));
      const ours = mergeIntoModel(model, adapter, preference);
      tf.tidy(() => {
        expectClose(logitsAt(golden, theirs), logits, tolerance);
      });
      const [mine, expected] = [await transformerTensors(ours), await transformerTensors(theirs)];
      for (let layer = 0; layer < model.config.layers; layer++) {
        for (const part of ["q_proj", "k_proj", "v_proj"]) {
          for (const kind of ["weight", "bias"]) {
            const tensor = `model.layers.${layer}.self_attn.${part}.${kind}`;
            expect(largestDifference(mine[tensor]!.data, expected[tensor]!.data), tensor).toBeLessThan(1e-5);
          }
        }
        expect(Object.keys(mine)).not.toContain(`model.layers.${layer}.self_attn.o_proj.bias`);
      }
      adapter.dispose();
      disposeTransformer(theirs);
      disposeTransformer(ours);
    });
  },
);

describe("objective embeddings as the reference computed them", () => {
  interface Embeddings {
    tolerance: { abs: number };
    cases: {
      ids: number[];
      mean_last_hidden: number[];
      last_token_last_hidden: number[];
      mean_input_embedding: number[];
    }[];
  }
  const golden = readGolden<Embeddings>("adapters/objective-embeddings/expect.json");
  const KEYS = {
    "mean-last-hidden": "mean_last_hidden",
    "last-token": "last_token_last_hidden",
    "mean-input-embedding": "mean_input_embedding",
  } as const;

  test.each(Object.entries(KEYS) as [keyof typeof KEYS, (typeof KEYS)[keyof typeof KEYS]][])(
    "%s",
    async (embedding, key) => {
      await expectNoTensorLeak(async () => {
        for (const { ids, ...expected } of golden.cases) {
          const vector = await embedObjective(model, ids, embedding);
          const length = Math.hypot(...vector);
          expect(
            largestDifference(
              vector.map((entry) => entry / length),
              expected[key],
            ),
          ).toBeLessThan(golden.tolerance.abs);
        }
      });
    },
  );
});
