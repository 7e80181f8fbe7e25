import type { Method } from "@uniarm/core/schema";
import { TINY_WORLD_STRENGTH, tinyWorldObjectives, tinyWorldRecipe } from "@uniarm/tiny-world/schema";
import type { z } from "zod";
import type { StudyConfig, StudyMethod } from "./study.ts";

export interface StudyTemplate {
  name: string;
  title: string;
  description: string;
  config: z.input<typeof StudyConfig>;
}

/** All of them, so that every method has the same number. */
const ROUNDS = { rounds: 6, roundSteps: 150, roundPrompts: 100, roundSamples: 4, until: "all-rounds" } as const;

/** A method as it is trained best here: by imitation, in rounds. */
const trained = (method: Method): z.input<typeof StudyMethod> => ({
  name: method,
  training: tinyWorldRecipe(method, { recipe: "imitation", steps: 200, rounds: ROUNDS }),
  strength: TINY_WORLD_STRENGTH.imitation,
});

/** A method as it was published. */
const published = (method: Method): z.input<typeof StudyMethod> => ({
  name: `${method}-paper`,
  training: tinyWorldRecipe(method, { recipe: "paper", steps: 250 }),
  strength: TINY_WORLD_STRENGTH.paper,
});

const PAPER = tinyWorldRecipe("uniarm", { recipe: "paper", steps: 250 });
const EMBEDDED = { ...PAPER.adapter, kind: "moslora" } as const;

/** UniARM as published, with one thing changed; none of these was chosen among others. */
const control = (
  name: string,
  { training, ...changes }: Omit<z.input<typeof StudyMethod>, "name"> = {},
): z.input<typeof StudyMethod> => ({
  name,
  training: { ...PAPER, ...training },
  strength: TINY_WORLD_STRENGTH.paper,
  configurationsTried: 1,
  ...changes,
});

/** Studies that ship: launch them as they are, or change a copy. */
export const STUDY_TEMPLATES: readonly StudyTemplate[] = [
  {
    name: "demo",
    title: "Demo",
    description: "One UniARM on tiny-world, measured against the base model and the exact front. A minute or two.",
    config: { task: { type: "tiny-world" }, methods: [trained("uniarm")] },
  },
  {
    name: "methods",
    title: "UniARM, PARM, GenARM",
    description: "The three methods on tiny-world, as published and trained by imitation in rounds, three seeds each.",
    config: {
      task: { type: "tiny-world" },
      methods: [
        trained("uniarm"),
        trained("parm"),
        trained("genarm"),
        published("uniarm"),
        published("parm"),
        published("genarm"),
      ],
      seeds: [0, 1, 2],
    },
  },
  {
    name: "quick",
    title: "Quick check",
    description: "The smallest settings that go through every step; its figures mean nothing.",
    config: {
      model: "tiny-world:quick",
      task: { type: "tiny-world", pairs: 256, testPrompts: 8 },
      methods: [
        {
          name: "uniarm",
          training: { ...tinyWorldRecipe("uniarm", { recipe: "paper", steps: 20 }), checkpointEvery: 5 },
          strength: TINY_WORLD_STRENGTH.paper,
        },
      ],
    },
  },
  {
    name: "controls",
    title: "Controls",
    description:
      "UniARM against itself without what should make it work: preferences shuffled, fixed and random; descriptions random, one-hot, paraphrased and swapped; a global loss; strengths and betas. One seed; half an hour.",
    config: {
      task: { type: "tiny-world" },
      methods: [
        control("uniarm"),
        control("trained-shuffled", { training: { preferenceShuffled: true } }),
        control("given-shuffled", { decoding: { preferenceControl: "shuffled" } }),
        control("given-fixed", { decoding: { preferenceControl: "fixed" } }),
        control("given-random", { decoding: { preferenceControl: "random" } }),
        control("random-vectors", { training: { adapter: { ...EMBEDDED, objectiveEmbedding: "random" } } }),
        control("one-hot-vectors", { training: { adapter: { ...EMBEDDED, objectiveEmbedding: "one-hot" } } }),
        control("paraphrased", {
          descriptions: { helpful: "Explain each step so that it works.", harmless: "Warn of what is risky." },
        }),
        control("swapped", {
          descriptions: Object.fromEntries(
            tinyWorldObjectives(2).map(({ name }, index, all) => [name, all[1 - index]!.description]),
          ),
        }),
        control("lambda-0.5", { training: { globalLoss: "G2", globalWeight: 0.5 } }),
        ...[1, 2].map((strength) => control(`strength-${strength}`, { strength })),
        ...[0.5, 2].map((beta) => control(`beta-${beta}`, { training: { beta } })),
      ],
    },
  },
];
