import type { Method, TrainingConfig } from "@uniarm/core/schema";
import type { z } from "zod";
import { everydayTraining } from "./everyday.ts";

type Settings = Partial<z.input<typeof TrainingConfig>>;

interface ShippedTraining {
  /** what it was found to be good for, in one line */
  summary: string;
  settingsOf: (method: Method) => Settings;
}

/** Settings of trainings by name: all but the model, the pairs, the objectives and the output. */
export const SHIPPED_TRAININGS: ReadonlyMap<string, ShippedTraining> = new Map([
  [
    "everyday",
    {
      summary: "an ARM that steers a small real model by scores of its own answers, as SmolLM2's demo trains it",
      settingsOf: (method: Method) => everydayTraining(method),
    },
  ],
]);
