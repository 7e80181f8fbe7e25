import { methodOf, type Method } from "@uniarm/core/schema";
import { TINY_WORLD_STRENGTH, tinyWorldObjectives, tinyWorldRecipe } from "@uniarm/tiny-world/schema";
import type { z } from "zod";
import {
  EVERYDAY_ANSWER_TOKENS,
  EVERYDAY_BATCH_ROWS,
  EVERYDAY_OBJECTIVES,
  EVERYDAY_PROGRAMS,
  EVERYDAY_PROTOCOL,
  EVERYDAY_SAMPLING,
  EVERYDAY_STRENGTH,
  everydayTraining,
} from "./everyday.ts";
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

const publishedTraining = (method: Method): z.input<typeof StudyMethod>["training"] =>
  tinyWorldRecipe(method, { recipe: "paper", steps: 250 });

/** A method as it was published. */
const published = (method: Method): z.input<typeof StudyMethod> => ({
  name: `${method}-paper`,
  training: publishedTraining(method),
  strength: TINY_WORLD_STRENGTH.paper,
});

/** A method as it was published, at whichever of these strengths it does best on validation prompts. */
const searched = (method: Method): z.input<typeof StudyMethod> => ({
  name: method,
  training: publishedTraining(method),
  strengths: [1, 2, 3, 4],
});

/** Optimizer steps of every training of the rivals, as published; MODPO's adapters share those of one. */
const RIVAL_STEPS = 200;
const MODPO_STEPS = 80;

/** A rival as it was published; MOD and the soups are one training, decoded in two ways. */
const rival = (
  name: string,
  method: Method,
  {
    steps = RIVAL_STEPS,
    training = {},
    decoding,
  }: { steps?: number; training?: object; decoding?: Record<string, unknown> } = {},
): z.input<typeof StudyMethod> => ({
  name,
  training: { ...tinyWorldRecipe(method, { recipe: "paper", steps }), ...training },
  ...(decoding ? { decoding } : {}),
  strength: methodOf(method).trains === "arm" ? TINY_WORLD_STRENGTH.paper : 1,
});

const EVERY_RIVAL = [
  rival("uniarm", "uniarm"),
  rival("parm", "parm"),
  rival("genarm", "genarm"),
  rival("mod", "dpo"),
  rival("soups", "dpo", { decoding: { fusion: { rule: "soup" } } }),
  rival("finetune", "finetune"),
];

/** Weights of MODPO's adapters at three objectives: the corners, the middles between them, and the middle of all. */
const MODPO_WEIGHTS = [
  [1, 0, 0],
  [0, 1, 0],
  [0, 0, 1],
  [0.5, 0.5, 0],
  [0.5, 0, 0.5],
  [0, 0.5, 0.5],
  [0.34, 0.33, 0.33],
];

const PAPER = published("uniarm");
const EMBEDDED = { ...methodOf("uniarm").tinyWorldAdapter, kind: "moslora" } as const;

/** UniARM as published, with one thing changed; none of these was chosen among others. */
const changed = (
  name: string,
  { training, ...changes }: Omit<z.input<typeof StudyMethod>, "name"> = {},
): z.input<typeof StudyMethod> => ({
  ...PAPER,
  name,
  training: { ...PAPER.training, ...training },
  configurationsTried: 1,
  ...changes,
});

/** The same with another adapter. */
const adapted = (name: string, adapter: object): z.input<typeof StudyMethod> =>
  changed(name, { training: { adapter: { ...EMBEDDED, ...adapter } } });

/** By imitation, with another adapter. */
const imitating = (name: string, method: "uniarm" | "parm", adapter: object): z.input<typeof StudyMethod> => {
  const { training, ...rest } = trained(method);
  return {
    ...rest,
    name,
    training: { ...training, adapter: { ...methodOf(method).tinyWorldLargeAdapter, ...adapter } },
  };
};

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
    name: "strengths",
    title: "Each at its best strength",
    description:
      "UniARM, PARM and GenARM on tiny-world as published, each at the strength that does best on validation prompts; three seeds.",
    config: {
      baseWeights: "float32",
      task: { type: "tiny-world" },
      methods: [searched("uniarm"), searched("parm"), searched("genarm")],
      seeds: [0, 1, 2],
    },
  },
  {
    name: "rivals",
    title: "Every rival, two objectives",
    description: "UniARM, PARM, GenARM, MOD, soups, MODPO and fine-tuning on tiny-world as published, five seeds each.",
    config: {
      baseWeights: "float32",
      task: { type: "tiny-world" },
      methods: [
        ...EVERY_RIVAL,
        rival("modpo", "modpo", { steps: MODPO_STEPS, training: { marginFrom: "method:mod" } }),
      ],
      seeds: [0, 1, 2, 3, 4],
    },
  },
  {
    name: "rivals-3",
    title: "Every rival, three objectives",
    description: "The same with three objectives.",
    config: {
      baseWeights: "float32",
      task: { type: "tiny-world", objectives: 3 },
      divisions: 5,
      methods: [
        ...EVERY_RIVAL,
        rival("modpo", "modpo", {
          steps: MODPO_STEPS,
          training: { marginFrom: "method:mod", weightVectors: MODPO_WEIGHTS },
        }),
      ],
      seeds: [0, 1, 2, 3, 4],
    },
  },
  {
    name: "ablations",
    title: "Ablations of UniARM",
    description: "UniARM on tiny-world as published, with one of its choices changed at a time, three seeds each.",
    config: {
      baseWeights: "float32",
      task: { type: "tiny-world" },
      methods: [
        changed("uniarm"),
        adapted("scale-only", { modulation: "scale" }),
        adapted("shift-only", { modulation: "shift" }),
        adapted("output-space", { modulationSpace: "output" }),
        adapted("shared-generator", { modulationGenerator: "shared" }),
        adapted("zero-start", { modulationInit: 0 }),
        adapted("random-objectives", { objectiveEmbedding: "random" }),
        adapted("input-embeddings", { objectiveEmbedding: "mean-input-embedding" }),
        adapted("raw-geometry", { objectiveGeometry: "raw" }),
        adapted("orthonormal-geometry", { objectiveGeometry: "orthonormal" }),
        changed("global-loss", { training: { globalLoss: "G2", globalWeight: 0.5 } }),
        changed("ties-first", { training: { ties: "first" } }),
        changed("even-preferences", { training: { dirichletConcentration: 1 } }),
        changed("preference-per-batch", { training: { preferencePer: "batch" } }),
        changed("shuffled-preference", { training: { preferenceShuffled: true } }),
      ],
      seeds: [0, 1, 2],
    },
  },
  {
    name: "weak-to-strong",
    title: "Weak to strong",
    description:
      "ARMs of tiny-world's small base steer a larger one, beside ARMs of that one itself; three seeds. Make the larger base first: uniarm tiny-world base --name large --output runs/tiny-world-large",
    config: {
      model: "runs/tiny-world-large",
      baseWeights: "float32",
      task: { type: "tiny-world" },
      methods: [
        { ...rival("uniarm-small", "uniarm"), armModel: "tiny-world:default" },
        { ...rival("parm-small", "parm"), armModel: "tiny-world:default" },
        { ...rival("genarm-small", "genarm"), armModel: "tiny-world:default" },
        rival("uniarm-large", "uniarm"),
        rival("genarm-large", "genarm"),
      ],
      seeds: [0, 1, 2],
    },
  },
  {
    name: "everyday",
    title: "A real model",
    description:
      "UniARM, PARM and GenARM steer SmolLM2, cheerful against concise, one seed; an hour. Make its pairs and questions first: uniarm demo --base smollm2 --output runs/everyday",
    config: {
      model: "smollm2-135m",
      task: {
        type: "files",
        objectives: EVERYDAY_OBJECTIVES,
        pairs: "runs/everyday/pairs.jsonl",
        prompts: "runs/everyday/prompts.jsonl",
        programs: EVERYDAY_PROGRAMS,
        ...EVERYDAY_PROTOCOL,
      },
      methods: (["uniarm", "parm", "genarm"] as const).map((method) => ({
        name: method,
        training: everydayTraining(method),
        decoding: { batchRows: EVERYDAY_BATCH_ROWS },
        strength: EVERYDAY_STRENGTH,
      })),
      sampling: EVERYDAY_SAMPLING,
      maxNewTokens: EVERYDAY_ANSWER_TOKENS,
    },
  },
  {
    name: "capacity",
    title: "UniARM and PARM, small adapters",
    description:
      "UniARM and PARM by imitation with a quarter and an eighth of the usual numbers, where capacity could part them; three seeds.",
    config: {
      baseWeights: "float32",
      task: { type: "tiny-world" },
      methods: [
        imitating("uniarm-2", "uniarm", { rank: 2, alpha: 4 }),
        imitating("parm-2", "parm", { sharedRank: 1, preferenceRank: 1, alpha: 2 }),
        imitating("uniarm-1", "uniarm", { rank: 1, alpha: 2 }),
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
      baseWeights: "float32",
      task: { type: "tiny-world" },
      methods: [
        changed("uniarm"),
        changed("trained-shuffled", { training: { preferenceShuffled: true } }),
        changed("given-shuffled", { decoding: { preferenceControl: "shuffled" } }),
        changed("given-fixed", { decoding: { preferenceControl: "fixed" } }),
        changed("given-random", { decoding: { preferenceControl: "random" } }),
        adapted("random-vectors", { objectiveEmbedding: "random" }),
        adapted("one-hot-vectors", { objectiveEmbedding: "one-hot" }),
        changed("paraphrased", {
          descriptions: { helpful: "Explain each step so that it works.", harmless: "Warn of what is risky." },
        }),
        changed("swapped", {
          descriptions: Object.fromEntries(
            tinyWorldObjectives(2).map(({ name }, index, all) => [name, all[1 - index]!.description]),
          ),
        }),
        changed("lambda-0.5", { training: { globalLoss: "G2", globalWeight: 0.5 } }),
        ...[1, 2].map((strength) => changed(`strength-${strength}`, { strength })),
        ...[0.5, 2].map((beta) => changed(`beta-${beta}`, { training: { beta } })),
      ],
    },
  },
];
