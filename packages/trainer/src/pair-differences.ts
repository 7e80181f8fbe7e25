import {
  bindAdapter,
  guidedSequenceLogProbs,
  lastTokenColumn,
  responseStates,
  tf,
  type Adapter,
  type GuidedPart,
  type TokenBatch,
  type Transformer,
} from "@uniarm/core";
import { savedAdapter, type Arm } from "./arms.ts";
import { basePart, disposeBasePart, pairDifference, rowLogProbs } from "./batch-objective.ts";
import { dot } from "./dot.ts";
import { pairRows, pairTokens, type Example } from "./examples.ts";
import { frozenPart } from "./frozen-part.ts";
import type { LossSettings } from "./loss-settings.ts";
import { scoreDifference } from "./score-difference.ts";

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
  if (settings.scores) return openScores(about, examples);
  const tokens = pairTokens(examples, { padTokenId, model });
  const { reference } = frozenPart({ objective: null, weights: null }, examples);
  const base = basePart(model, { kind: "pairs", tokens, ...(reference ? { reference } : {}) }, settings);
  const disposeBase = (): void => {
    disposeBasePart(base);
  };
  const differences = (arm: Arm, preference: readonly number[]): Promise<ArrayLike<number>> => {
    const rows = { kind: "pairs" as const, tokens, shownPreferences: examples.map(() => preference) };
    return valuesOf(() => pairDifference(rowLogProbs(model, savedAdapter(arm), rows, settings, base), base, settings));
  };
  const [shared] = arms;
  if (shared?.objective === null) {
    const at = async (preference: readonly number[]): Promise<PairDifferences> => {
      const mixed = await differences(shared, preference);
      return { differences: preference.map(() => mixed), mixed };
    };
    return { at, dispose: disposeBase };
  }
  if (shared?.weights) {
    const at = async (preference: readonly number[]): Promise<PairDifferences> => {
      const mixed = await differences(nearestArm(arms, preference), [1]);
      return { differences: preference.map(() => mixed), mixed };
    };
    return { at, dispose: disposeBase };
  }
  const separate: ArrayLike<number>[] = [];
  for (const arm of arms) separate.push(await differences(arm, [1]));
  const states = base?.states;
  if (!states || settings.trainingStrength === null) {
    // without a normaliser between them, separate ARMs add up in proportion to the preference, and so do implicit rewards
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
  const own = arms.map((arm) => statesOf(model, savedAdapter(arm), tokens));
  const mixed = (preference: readonly number[]): Promise<ArrayLike<number>> =>
    valuesOf(() => {
      const parts = own.map((one, index): GuidedPart => ({ states: one, weight: strength * preference[index]! }));
      return pairDifference(guidedSequenceLogProbs(model, tokens, [{ states, weight: 1 }, ...parts]), base, settings);
    });
  return {
    at: async (preference) => ({ differences: separate, mixed: await mixed(preference) }),
    dispose: () => {
      disposeBase();
      tf.dispose(own);
    },
  };
}

/** The same of a scorer: differences of its scores, whatever the preference; mixed, the sum that it weighs. */
async function openScores(
  { model, arms, padTokenId, settings }: Parameters<typeof openPairs>[0],
  examples: readonly Example[],
): Promise<OpenPairs> {
  const [scorer] = arms as [Arm];
  const tokens = pairRows(examples, padTokenId);
  const readAt = tokens.ids.map((row) => lastTokenColumn(row, padTokenId));
  const byObjective = tf.tidy(() =>
    tf.transpose(scoreDifference(model, savedAdapter(scorer), { tokens, readAt }, settings)),
  ); // [K,B]
  const differences = await byObjective.array();
  byObjective.dispose();
  const mixed = (preference: readonly number[]): number[] =>
    examples.map((_, row) =>
      dot(
        preference,
        differences.map((values) => values[row]!),
      ),
    );
  return {
    at: (preference) => Promise.resolve({ differences, mixed: mixed(preference) }),
    dispose: () => undefined,
  };
}

/** The policy that was tuned for the preference, or for the nearest one; of equally near ones the first. */
function nearestArm(arms: readonly Arm[], preference: readonly number[]): Arm {
  const distances = arms.map(({ weights }) =>
    Math.hypot(...preference.map((entry, column) => entry - weights![column]!)),
  );
  return arms[distances.indexOf(Math.min(...distances))]!;
}

/** What a separate ARM makes of the rows. */
const statesOf = (model: Transformer, adapter: Adapter, tokens: TokenBatch): tf.Tensor2D =>
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
