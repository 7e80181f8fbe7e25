import {
  bindAdapter,
  guidedSequenceLogProbs,
  responseStates,
  tf,
  type Adapter,
  type GuidedPart,
  type Transformer,
} from "@uniarm/core";
import type { Arm } from "./arms.ts";
import { basePart, disposeBasePart, pairDifference, rowLogProbs, type BasePart } from "./batch-objective.ts";
import { dot } from "./dot.ts";
import { pairRows, type Example } from "./examples.ts";
import type { LossSettings } from "./loss-settings.ts";

/** D = L(response 0) - L(response 1) of B pairs; of the guided policy, less what the base model makes of it. */
export interface PairDifferences {
  /** [K][B]: D in the loss of each objective */
  differences: readonly ArrayLike<number>[];
  /** [B]: D of all ARMs together, as they are decoded */
  mixed: ArrayLike<number>;
}

/** The differences of a batch of pairs at any preference; what does not depend on the preference is computed once. */
export interface OpenPairs {
  at: (preference: readonly number[]) => Promise<PairDifferences>;
  dispose: () => void;
}

export async function openPairs(
  about: { model: Transformer; arms: readonly Arm[]; padTokenId: number; settings: LossSettings },
  examples: readonly Example[],
): Promise<OpenPairs> {
  const { model, arms, padTokenId, settings } = about;
  const tokens = pairRows(examples, padTokenId);
  const base = basePart(model, { kind: "pairs", tokens }, settings);
  const disposeBase = (): void => {
    disposeBasePart(base);
  };
  const differences = (arm: Arm, preference: readonly number[]): Promise<ArrayLike<number>> => {
    const rows = { kind: "pairs" as const, tokens, shownPreferences: examples.map(() => preference) };
    return valuesOf(() => pairDifference(rowLogProbs(model, arm.adapter, rows, settings, base), base));
  };
  const [shared] = arms;
  if (shared?.objective === null) {
    const at = async (preference: readonly number[]): Promise<PairDifferences> => {
      const mixed = await differences(shared, preference);
      return { differences: preference.map(() => mixed), mixed };
    };
    return { at, dispose: disposeBase };
  }
  const separate: ArrayLike<number>[] = [];
  for (const arm of arms) separate.push(await differences(arm, [1]));
  if (!base || settings.trainingStrength === null) {
    // without a normaliser between them, separate ARMs add up in proportion to the preference
    const mixed = (preference: readonly number[]): number[] =>
      examples.map((_, row) =>
        dot(
          preference,
          separate.map((values) => values[row]!),
        ),
      );
    return {
      at: (preference) => Promise.resolve({ differences: separate, mixed: mixed(preference) }),
      dispose: disposeBase,
    };
  }
  const strength = settings.trainingStrength;
  const states = arms.map(({ adapter }) => statesOf(model, adapter, tokens));
  const mixed = (preference: readonly number[]): Promise<ArrayLike<number>> =>
    valuesOf(() => {
      const parts = states.map((one, index): GuidedPart => ({ states: one, weight: strength * preference[index]! }));
      return pairDifference(guidedSequenceLogProbs(model, tokens, [basePartOf(base), ...parts]), base);
    });
  return {
    at: async (preference) => ({ differences: separate, mixed: await mixed(preference) }),
    dispose: () => {
      disposeBase();
      tf.dispose(states);
    },
  };
}

const basePartOf = ({ states }: BasePart): GuidedPart => ({ states, weight: 1 });

/** What a separate ARM makes of the rows. */
const statesOf = (model: Transformer, adapter: Adapter, tokens: ReturnType<typeof pairRows>): tf.Tensor2D =>
  tf.tidy(() => {
    const rows = bindAdapter(adapter, tf.ones([tokens.ids.length, 1]));
    return responseStates(model, tokens, { adapters: [{ adapter: rows, start: 0, count: tokens.ids.length }] });
  });

async function valuesOf(make: () => tf.Tensor1D): Promise<ArrayLike<number>> {
  const tensor = tf.tidy(make);
  const values = await tensor.data();
  tensor.dispose();
  return values;
}
