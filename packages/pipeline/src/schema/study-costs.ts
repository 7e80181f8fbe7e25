import { TrainingConfig, type TrainingConfig as Training } from "@uniarm/core/schema";
import type { JobNode } from "./graph.ts";
import { adaptersOf, passesOf } from "./passes.ts";
import type { Plan } from "./plan.ts";
import { BASE, StudyConfig } from "./study.ts";

/** What one method of a study will take, counted before anything is run. */
export interface MethodPlan {
  name: string;
  /** trainings of its own; 0 where another method's serves it, or nothing is trained */
  trainings: number;
  adapters: number;
  /** optimizer steps of a training; null where epochs decide */
  steps: number | null;
  /** the most tokens that go through the model forward and backward, all trainings together; null where epochs decide */
  trainingTokens: number | null;
  passes: number;
  /** the most tokens that go through a model one by one, all passes and seeds together; null where the prompts are not known */
  decodingTokens: number | null;
  /** responses to score; null where the prompts are not known */
  answers: number | null;
}

/**
 * The work of a study. Tokens are upper bounds: every text as long as it may be.
 * @param prompts how many are answered; null where that is not known
 */
export function studyCosts(plan: Pick<Plan, "config" | "nodes">, prompts: number | null): MethodPlan[] {
  const config = StudyConfig.parse(plan.config);
  const { methods, seeds, task, maxNewTokens, unguided } = config;
  const objectives = task.type === "tiny-world" ? task.objectives : task.objectives.length;
  const trained = methods.map((method): MethodPlan => {
    const nodes = plan.nodes.filter((node) => node.kind === "train" && isOf(node, method.name));
    const training = nodes[0] && TrainingConfig.safeParse(trainingOf(nodes[0])).data;
    const adapters = adaptersOf(method, objectives);
    const passes = passesOf(method, objectives);
    const grid = gridOf(plan.nodes, method.name);
    const answers = prompts === null ? null : prompts * grid * seeds.length;
    const steps = training ? (training.steps ?? null) : null;
    return {
      name: method.name,
      trainings: nodes.length,
      adapters,
      steps,
      trainingTokens:
        nodes.length === 0 ? 0 : training && steps ? nodes.length * adapters * stepTokens(training) * steps : null,
      passes,
      answers,
      decodingTokens: answers === null ? null : answers * passes * maxNewTokens,
    };
  });
  const base: MethodPlan = {
    name: BASE,
    trainings: 0,
    adapters: 0,
    steps: null,
    trainingTokens: 0,
    passes: 1,
    answers: prompts,
    decodingTokens: prompts === null ? null : prompts * maxNewTokens,
  };
  return unguided ? [base, ...trained] : trained;
}

const isOf = ({ name }: JobNode, method: string): boolean =>
  name === `${method}/train` || name.startsWith(`${method}/`);

/** References are resolved when a job starts: what they come to does not matter here. */
const trainingOf = ({ config }: JobNode): object => {
  const { exploration: _, ...training } = config as Record<string, unknown>;
  return { ...training, output: "output" };
};

/** Of pairs both responses, of imitation one. */
const stepTokens = ({ batchPairs, maxLengthTokens, loss, recipe }: Training): number =>
  batchPairs * maxLengthTokens * ((loss ?? recipe) === "imitation" ? 1 : 2);

function gridOf(nodes: readonly JobNode[], method: string): number {
  const decode = nodes.find((node) => node.kind === "decode" && isOf(node, method))!;
  return (decode.config as { decoding: { preferences: unknown[] } }).decoding.preferences.length;
}
