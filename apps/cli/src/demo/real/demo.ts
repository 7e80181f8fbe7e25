import { EVERYDAY_OBJECTIVES } from "@uniarm/pipeline/schema";
import type { Demo } from "../demo.ts";
import type { RealDemoConfig } from "./config.ts";
import { prepareRealDemo } from "./prepare.ts";
import { realDemoPlan } from "./study.ts";
import { summary } from "./summary.ts";

/** The demo on a real language model, which is fetched once. @param model its name, or a folder */
export function realDemo(config: RealDemoConfig, model: string): Demo {
  const { method, strength } = config;
  return {
    name: `demo on ${config.base}, ${method}`,
    method,
    config: { ...config, model }, // what the playground opens
    prepare: (tools) => prepareRealDemo(config, model, tools),
    plan: (folder) => realDemoPlan(config, { model, folder }),
    shown: {
      plot: { title: `Everyday questions, ${method}, strength ${strength}`, objectives: EVERYDAY_OBJECTIVES },
      summary: (reports, steered) => summary(method, reports, steered),
    },
  };
}
