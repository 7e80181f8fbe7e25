import { preferenceGrid, TrainingConfig, type TrainingConfig as Training } from "@uniarm/core/schema";
import { defaultDivisions, type Exploration } from "./exploration.ts";
import type { JobNode } from "./graph.ts";
import { adaptersOf, passesOf, readingPassesOf } from "./passes.ts";
import type { Plan } from "./plan.ts";
import { BASE, StudyConfig } from "./study.ts";
import { comparesWithBase } from "./study-strengths.ts";

/** What one method of a study will take, counted before anything is run. */
export interface MethodPlan {
  name: string;
  /** trainings of its own; 0 where another method's serves it, or nothing is trained */
  trainings: number;
  adapters: number;
  /** optimizer steps of a training, all its rounds together; null where epochs decide */
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
 * @param validationPrompts how many strengths are chosen on, the same; without effect where none is chosen
 */
export function studyCosts(
  plan: Pick<Plan, "config" | "nodes">,
  prompts: number | null,
  validationPrompts: number | null = null,
): MethodPlan[] {
  const config = StudyConfig.parse(plan.config);
  const { methods, seeds, task, maxNewTokens, unguided } = config;
  const objectives = task.type === "tiny-world" ? task.objectives : task.objectives.length;
  const trained = methods.map((method): MethodPlan => {
    const nodes = plan.nodes.filter((node) => node.kind === "train" && isOf(node, method.name));
    const training = nodes[0] && TrainingConfig.safeParse(trainingOf(nodes[0])).data;
    const adapters = adaptersOf(method, objectives);
    const passes = passesOf(method, objectives);
    const { preferences, samplesPerPrompt, bestOf, beams } = decodedBy(plan.nodes, method.name);
    const strengths = method.strengths?.length ?? 0;
    const answered = plus(prompts, strengths === 0 ? 0 : times(validationPrompts, strengths));
    const answers = times(answered, preferences.length * samplesPerPrompt * seeds.length);
    const rounds = nodes[0] && (nodes[0].config as { exploration?: Exploration }).exploration;
    const ofRounds = rounds ? rounds.rounds * rounds.roundSteps : 0;
    const steps = training?.steps === undefined ? null : training.steps + ofRounds;
    const explored = rounds ? nodes.length * exploredTokens(rounds, objectives) : 0;
    return {
      name: method.name,
      trainings: nodes.length,
      adapters,
      steps,
      trainingTokens:
        nodes.length === 0 ? 0 : training && steps ? nodes.length * adapters * stepTokens(training) * steps : null,
      passes,
      answers,
      decodingTokens:
        answers === null
          ? null
          : answers * bestOf * beams * maxNewTokens * (passes + readingPassesOf(method)) + explored * passes,
    };
  });
  const baseAnswers = plus(unguided ? prompts : 0, comparesWithBase(config) ? validationPrompts : 0);
  const base: MethodPlan = {
    name: BASE,
    trainings: 0,
    adapters: 0,
    steps: null,
    trainingTokens: 0,
    passes: 1,
    answers: baseAnswers,
    decodingTokens: times(baseAnswers, maxNewTokens),
  };
  return unguided || comparesWithBase(config) ? [base, ...trained] : trained;
}

/** What is not known stays so. */
const plus = (one: number | null, other: number | null): number | null =>
  one === null || other === null ? null : one + other;
const times = (one: number | null, factor: number): number | null => (one === null ? null : one * factor);

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

/** Of a training's own answers in its rounds; the fronts that are measured between them are left out. */
function exploredTokens(its: Exploration, objectives: number): number {
  const grid = preferenceGrid(objectives, its.roundDivisions ?? defaultDivisions(objectives)).length;
  return its.rounds * its.roundPrompts * its.roundSamples * grid * its.maxNewTokens;
}

interface Decoded {
  preferences: unknown[];
  samplesPerPrompt: number;
  bestOf: number;
  beams: number;
}

function decodedBy(nodes: readonly JobNode[], method: string): Decoded {
  const decode = nodes.find((node) => node.kind === "decode" && isOf(node, method))!;
  return (decode.config as { decoding: Decoded }).decoding;
}
