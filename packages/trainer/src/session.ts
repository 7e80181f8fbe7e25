import {
  assertSameBase,
  assertSameObjectives,
  classifierClass,
  createRandom,
  disposeTransformer,
  findCheckpoint,
  loadCheckpoint,
  loadReadingTokenizer,
  loadTokenizer,
  loadTransformer,
  readResume,
  scoredPadTokenId,
  type Random,
  type Tokenizer,
  type Transformer,
} from "@uniarm/core";
import { isScorer, lossOf, replayedPairs, UniArmError, type TrainingConfig } from "@uniarm/core/schema";
import { armsOf, disposeArms, type Arm } from "./arms.ts";
import { stepsOf } from "./batches.ts";
import { checkMetrics } from "./check-metrics.ts";
import { checkTeaches } from "./check-teaches.ts";
import { examplesOf, type Example, type Examples } from "./examples.ts";
import { firstAdapters } from "./first-adapters.ts";
import { openMarginPolicies, type MarginPolicies } from "./margin-policies.ts";
import { pairStatistics, type PairStatistics } from "./pair-statistics.ts";
import { poolsOf, type ScoredResponse } from "./pools.ts";
import { preferenceSource, type PreferenceSource } from "./preferences.ts";
import { progressOf, type Progress } from "./resume.ts";
import { decisiveFiles, hashOf, planRun, readRunPairs, type TrainingExamples, trainingExamples } from "./run-pairs.ts";
import { disposeSnapshot, type Snapshot } from "./snapshot.ts";
import type { Watch } from "./watch.ts";

/** A run with everything it holds in memory. */
export interface Session {
  config: TrainingConfig;
  model: Transformer;
  tokenizer: Tokenizer;
  /** what rows are filled up with; a scorer does not read it at the end of a text */
  padTokenId: number;
  arms: Arm[];
  statistics: PairStatistics;
  training: TrainingExamples;
  validation: Examples | null;
  /** those of it that a validation reads; null without held-out pairs */
  validated: readonly Example[] | null;
  pairsSha256: string;
  batchAt: (step: number) => readonly number[];
  preferences: PreferenceSource;
  /** what is forked from for draws that depend on the step alone */
  random: Random;
  /** imitation: the responses known to the prompt of each training example; else null */
  pools: ReadonlyMap<Example, readonly ScoredResponse[]> | null;
  /** modpo: where the wishes of the objectives that are not trained on come from; else null */
  margins: MarginPolicies | null;
  /** what it looks at in its validations */
  watch: Watch;
  /** optimizer steps done before this session */
  startStep: number;
  totalSteps: number;
  /** steps skipped so far, of this session and the ones before */
  skipped: number;
  /** the newest state that is known to be sound, to go back to; null before the first step */
  sound: Snapshot | null;
  dispose(): void;
}

/** Reads data and base model, and makes the ARMs or takes them from the newest checkpoint. */
export async function openSession(config: TrainingConfig, resume: boolean): Promise<Session> {
  const pairs = await readRunPairs(config);
  const scores = isScorer(config.method);
  if (scores) await classifierClass(config.model); // what could not be written at the end is refused at the start
  const tokenizer = await (scores ? loadReadingTokenizer : loadTokenizer)(config.model, config);
  const model = await loadTransformer(config.model, { baseWeights: config.baseWeights, head: !scores });
  let arms: Arm[] = [];
  const dispose = (): void => {
    disposeArms(arms);
    disposeTransformer(model);
  };
  try {
    const training = trainingExamples(pairs, { tokenizer, model, config });
    const validation =
      pairs.validation &&
      examplesOf(pairs.validation, { tokenizer, model, config, path: config.validationPairs ?? "" });
    checkTeaches(training.examples, config);
    if (validation) checkMetrics(validation.examples, config);
    const margins = await openMarginPolicies(config, model);
    const random = createRandom(config.seed);
    const validated = validation && sampleOf(validation.examples, config.validationLimit, random);
    const pairsSha256 = margins ? hashOf([pairs.sha256, margins.sha256]) : pairs.sha256;
    const earlier = resume ? await loadProgress(config, model, pairsSha256) : null;
    arms = earlier?.arms ?? armsOf(config, await firstAdapters(config, model, tokenizer, random));
    const session: Session = {
      config,
      model,
      tokenizer,
      padTokenId: scores ? scoredPadTokenId(model.config, tokenizer) : (tokenizer.padTokenId ?? 0),
      arms,
      training,
      validation,
      validated,
      pairsSha256,
      dispose: () => {
        disposeSnapshot(session.sound);
        dispose();
      },
      statistics: pairStatistics(pairs.pairs, config.objectives),
      batchAt: planRun(training, config, random),
      preferences: preferenceSource(config, random, earlier?.progress.random),
      random,
      pools: lossOf(config).loss === "imitation" ? poolsOf(training.examples) : null,
      margins,
      watch: earlier?.progress.watch ?? { isOwed: false, keepBest: null, earlyStopping: null },
      startStep: earlier?.progress.step ?? 0,
      totalSteps: config.steps ?? stepsOf(config.epochs, training.own, config.batchPairs - replayedPairs(config)),
      skipped: earlier?.progress.skipped ?? 0,
      sound: null,
    };
    return session;
  } catch (error) {
    dispose();
    throw error;
  }
}

/** The newest checkpoint of the run; null when it was interrupted before its first one. */
async function loadProgress(
  config: TrainingConfig,
  model: Transformer,
  pairsSha256: string,
): Promise<{ arms: Arm[]; progress: Progress } | null> {
  const folder = await findCheckpoint(config.output);
  if (folder === null) return null;
  const progress = progressOf(await readResume(folder), folder);
  if (progress.pairsSha256 !== pairsSha256) {
    throw new UniArmError(
      "resume-pairs-changed",
      `${[...decisiveFiles(config), ...(config.marginFrom === undefined ? [] : [config.marginFrom])].join(" or ")} has changed since the run in ${config.output} was started, so it cannot be continued exactly. ` +
        "Put the old file back, or start a new run in another folder.",
    );
  }
  const { manifest, arms: adapters } = await loadCheckpoint(folder);
  try {
    assertSameObjectives(
      manifest,
      config.objectives.map(({ name }) => name),
    );
    assertSameBase(manifest, model.sha256, config.model);
    return { arms: armsOf(config, adapters, progress.arms), progress };
  } catch (error) {
    for (const adapter of adapters) adapter.dispose();
    throw error;
  }
}

/** So many of the held-out pairs, drawn by the run's seed. */
const sampleOf = (examples: readonly Example[], limit: number, random: Random): readonly Example[] =>
  examples.length <= limit ? examples : random.fork("validation").shuffle(examples).slice(0, limit);
