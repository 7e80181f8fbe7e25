import type { Method } from "@uniarm/core/schema";
import { TINY_WORLD_STRENGTH, tinyWorldRecipe } from "@uniarm/tiny-world/schema";
import type { z } from "zod";
import type { StudyConfig, StudyMethod } from "./study.ts";

export interface StudyTemplate {
  name: string;
  title: string;
  description: string;
  config: z.input<typeof StudyConfig>;
}

const trained = (method: Method, steps: number): z.input<typeof StudyMethod> => ({
  name: method,
  training: tinyWorldRecipe(method, steps),
  strength: TINY_WORLD_STRENGTH,
});

/** Studies that ship: launch them as they are, or change a copy. */
export const STUDY_TEMPLATES: readonly StudyTemplate[] = [
  {
    name: "demo",
    title: "Demo",
    description: "One UniARM on tiny-world, measured against the base model and the exact front. Under a minute.",
    config: { task: { type: "tiny-world" }, methods: [trained("uniarm", 250)] },
  },
  {
    name: "methods",
    title: "UniARM, PARM, GenARM",
    description: "The three methods at equal adapter sizes on tiny-world, three seeds each.",
    config: {
      task: { type: "tiny-world" },
      methods: [trained("uniarm", 250), trained("parm", 250), trained("genarm", 250)],
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
      methods: [{ ...trained("uniarm", 20), training: { ...tinyWorldRecipe("uniarm", 20), checkpointEvery: 5 } }],
    },
  },
];
