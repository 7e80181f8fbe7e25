import { basename, join } from "node:path";
import { OBJECTIVE_VECTORS, readSafetensors } from "@uniarm/core";
import { methodIn, passesOf } from "../schema/passes.ts";
import { BASE } from "../schema/study.ts";
import type { MeasuredRun, StudyResults } from "./read-study.ts";
import type { MethodCost } from "./study-report.ts";

/** What each method costs, in the order of the study. */
export async function costsOf({ config, runs }: StudyResults): Promise<MethodCost[]> {
  const names = [...new Set(runs.map(({ method }) => method))];
  return Promise.all(
    names.map(async (name): Promise<MethodCost> => {
      const own = runs.filter(({ method }) => method === name);
      if (name === BASE)
        return {
          name,
          method: BASE,
          parameters: null,
          passes: 1,
          steps: null,
          trainings: 0,
          seconds: null,
          configurationsTried: null,
        };
      const settings = config.methods.find((method) => method.name === name)!;
      const training = own[0]!.training!;
      const seconds = own.map((run) => run.training!.seconds);
      return {
        name,
        method: methodIn(settings),
        parameters: await parametersOf(training.checkpoint),
        passes: passesOf(settings, own[0]!.report.config.objectives.length),
        steps: stepsOf(training),
        trainings: own.length,
        configurationsTried: settings.configurationsTried ?? settings.strengths?.length ?? null,
        seconds: seconds.includes(null) ? null : seconds.reduce<number>((sum, one) => sum + one!, 0) / seconds.length,
      };
    }),
  );
}

/** By the checkpoint's name: rounds count on, and the manifest knows the last one alone. */
function stepsOf({ checkpoint, config }: NonNullable<MeasuredRun["training"]>): number | null {
  const step = /^step-(\d+)$/.exec(basename(checkpoint));
  if (step) return Number(step[1]);
  return typeof config.steps === "number" ? config.steps : null;
}

async function parametersOf(checkpoint: string): Promise<number> {
  const { tensors } = await readSafetensors(join(checkpoint, "adapter.safetensors"));
  const trained = [...tensors].filter(([name]) => name !== OBJECTIVE_VECTORS).map(([, entry]) => entry);
  return trained.reduce((sum, { shape }) => sum + shape.reduce((size, side) => size * side, 1), 0);
}
