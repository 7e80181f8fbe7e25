import { existsSync } from "node:fs";
import { join } from "node:path";
import { exactFront, tinyWorldModel, tinyWorldObjectives } from "@uniarm/tiny-world";
import { pretrainBaseModel } from "../../base-model.ts";
import { consume } from "../../consume.ts";
import type { Demo } from "../demo.ts";
import { settledDemo, type DemoConfig } from "./config.ts";
import { demoPlan, demoPreferences } from "./study.ts";
import { exactFigures, summary } from "./summary.ts";

/** The demo on tiny-world, whose best possible front is known. */
export function tinyDemo(config: DemoConfig): Demo {
  const { method, objectives, strength } = settledDemo(config);
  const preferences = demoPreferences(config);
  const modelIn = (folder: string): string => (config.fromScratch ? join(folder, "base") : tinyWorldModel(config.base));
  return {
    name: `demo, ${method}`,
    method,
    config,
    prepare: async ({ folder, progress, json, signal }) => {
      const model = modelIn(folder);
      if (!config.fromScratch || existsSync(model)) return;
      const { base: name, seed } = config;
      await consume(pretrainBaseModel({ name, output: model, seed }, signal), { progress, json });
      signal.throwIfAborted();
    },
    plan: (folder) => demoPlan(config, modelIn(folder)),
    shown: {
      plot: { title: `Tiny-world, ${method}, strength ${strength}`, objectives: tinyWorldObjectives(objectives) },
      optimum: {
        name: "exact optimum",
        points: exactFront(preferences).map(({ preference, rewards }) => ({
          preference: [...preference],
          mean: rewards,
        })),
        exact: true,
      },
      summary: (reports, { generations }) => summary({ config, reports, generations, preferences }),
      figures: exactFigures(objectives, preferences),
    },
  };
}
