import { afterAll, beforeAll, expect, test } from "vitest";
import { modelPath } from "../../src/files/model-path.ts";
import { disposeTransformer } from "../../src/model/dispose.ts";
import { tokenLogProbs } from "../../src/model/log-probs.ts";
import { loadTransformer } from "../../src/model/pretrained.ts";
import { createKvCache, forward, logitsOf, type Transformer } from "../../src/model/transformer.ts";
import * as tf from "../../src/tensor/tf.ts";
import { loadTokenizer, promptText, type Tokenizer } from "../../src/text/tokenizer.ts";
import { readGolden } from "../support/golden.ts";

interface Golden {
  cases: {
    prompt: string;
    text: string;
    ids: number[];
    tokenLogProbs: number[];
    largest: number;
    columns: number[];
    logits: number[];
    greedy: number[];
    gaps: number[];
  }[];
  sentences: { texts: string[]; ids: number[][] };
}

const NAME = "smollm2-135m";
const { cases, sentences } = readGolden<Golden>("gguf/smollm2.json");
const isThere = ((): boolean => {
  try {
    return modelPath(NAME) !== NAME;
  } catch {
    return false;
  }
})();
const why = `(skipped until it is in the cache: uniarm models pull ${NAME})`;
const withModel = test.skipIf(!isThere);

/** Half-precision scales of blocks are exact; float32 sums in another order through 30 layers are not. */
const RELATIVE = 2e-3;
/** Two tokens whose logits are closer than this may change places. */
const TIE = 1e-3;

let tokenizer: Tokenizer;
let model: Transformer;
beforeAll(async () => {
  if (!isThere) return;
  tokenizer = await loadTokenizer(NAME);
  model = await loadTransformer(NAME);
});
afterAll(() => {
  if (isThere) disposeTransformer(model);
});

withModel(`SmolLM2's template and ids are those of transformers, byte for byte ${why}`, () => {
  for (const { prompt, text, ids } of cases) {
    expect(promptText(tokenizer, prompt)).toBe(text);
    expect(tokenizer.encode(text)).toEqual(ids);
  }
});

withModel(`sentences in many scripts have the ids that llama.cpp gives them ${why}`, () => {
  sentences.texts.forEach((text, index) => {
    const ids = tokenizer.encode(text, { specialTokens: "text" });
    expect(ids, text).toEqual(sentences.ids[index]);
    expect(tokenizer.decode(ids)).toBe(text);
  });
});

withModel(`SmolLM2's logits and log-probabilities are those of transformers ${why}`, async () => {
  for (const { ids, columns, logits, largest, tokenLogProbs: known } of cases) {
    const last = tf.tidy(() => {
      const hidden = forward(model, [ids], {});
      return logitsOf(model, tf.reshape(tf.slice(hidden, [0, ids.length - 1, 0], [1, 1, -1]), [1, -1]));
    });
    const own = await last.data();
    last.dispose();
    const worst = columns.reduce((most, column, at) => Math.max(most, Math.abs(own[column]! - logits[at]!)), 0);
    expect(worst / largest).toBeLessThan(RELATIVE);
    const positions = known.map((_, at) => ({ row: 0, column: at + 1 }));
    const probs = tf.tidy(() => tokenLogProbs(model, [ids], positions, {}));
    const values = await probs.data();
    probs.dispose();
    known.forEach((value, at) => {
      expect(Math.abs(values[at]! - value)).toBeLessThan(RELATIVE * Math.max(1, Math.abs(value)));
    });
  }
});

withModel(`SmolLM2's greedy answers are those of transformers, but for ties ${why}`, async () => {
  const longest = Math.max(...cases.map(({ ids }) => ids.length));
  const padding = cases.map(({ ids }) => longest - ids.length);
  const count = cases[0]!.greedy.length;
  const answers: number[][] = cases.map(() => []);
  const cache = createKvCache(model, padding, longest + count);
  try {
    let next = cases.map(({ ids }, row) => [...new Array<number>(padding[row]!).fill(0), ...ids]);
    for (let token = 0; token < count; token++) {
      const chosen = tf.tidy(() => {
        const hidden = forward(model, next, { cache });
        const [rows, columns, width] = hidden.shape;
        return tf.argMax(
          logitsOf(model, tf.reshape(tf.slice(hidden, [0, columns - 1, 0], [rows, 1, width]), [rows, width])),
          -1,
        );
      });
      const picked = [...(await chosen.data<"int32">())];
      chosen.dispose();
      picked.forEach((id, row) => answers[row]!.push(id));
      next = picked.map((id) => [id]);
    }
  } finally {
    cache.dispose();
  }
  cases.forEach(({ prompt, greedy, gaps }, row) => {
    const parts = greedy.findIndex((id, at) => id !== answers[row]![at]);
    if (parts >= 0) expect(gaps[parts], `${prompt}: token ${parts}`).toBeLessThan(TIE);
  });
});
