import { createRandom, tf, type Adapter, type Transformer } from "@uniarm/core";
import { preferenceGrid } from "@uniarm/core/schema";
import type { Decoder, EncodedPrompt, Guidance } from "@uniarm/decoder";
import type { SweepSize } from "../sizes.ts";

/**
 * A sweep whose greedy responses are as those of a trained ARM in two respects, on which its speed depends: neighbouring
 * preferences begin alike and part after some tokens, and responses end at different lengths.
 */
export function sweepOf(
  model: Transformer,
  adapter: Adapter,
  size: SweepSize,
): { decoder: Decoder; prompts: EncodedPrompt[]; guidances: Guidance[] } {
  speakUp(adapter, size.armScale);
  const { prompts, shortestPrompt, longestPrompt, vocabulary, endings } = size;
  const random = createRandom(0);
  const lengthOf = (prompt: number): number =>
    Math.round(shortestPrompt * (longestPrompt / shortestPrompt) ** (prompt / Math.max(1, prompts - 1)));
  return {
    // so many tokens end a response, as often as not in its middle
    decoder: { model, arms: [adapter], eosTokenIds: new Set(Array.from({ length: endings }, (_, token) => token)) },
    prompts: Array.from({ length: prompts }, (_, prompt) => ({
      id: `p${prompt}`,
      text: "",
      ids: Array.from({ length: lengthOf(prompt) }, () => random.integer(vocabulary)),
    })),
    guidances: preferenceGrid(2, size.vectors - 1).map((preference) => ({ preference, coefficients: [1] })),
  };
}

/** Gives the output factors of a fresh adapter, which are zero, random values: until then no preference changes anything. */
function speakUp({ tensors }: Adapter, scale: number): void {
  const random = createRandom(1);
  for (const [name, tensor] of Object.entries(tensors)) {
    if (!name.endsWith("moslora_B")) continue;
    const values = Float32Array.from({ length: tensor.size }, () => scale * (2 * random.uniform() - 1));
    tf.tidy(() => tensor.assign(tf.tensor(values, tensor.shape)));
  }
}
