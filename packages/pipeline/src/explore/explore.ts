import { existsSync } from "node:fs";
import { cp, mkdir } from "node:fs/promises";
import { join } from "node:path";
import {
  checkpointFolder,
  createRandom,
  findCheckpoint,
  readJsonLines,
  writeFolderAtomically,
  writeJsonLines,
} from "@uniarm/core";
import { Generation, Prompt, Score, UniArmError, type PreferencePair, type RunEvent } from "@uniarm/core/schema";
import { pairedDifference } from "@uniarm/eval";
import { readPairs } from "@uniarm/trainer";
import { runNodes } from "../run-nodes.ts";
import type { JobNode } from "../schema/graph.ts";
import { promptsOf } from "../stages/decode.ts";
import { measuringConfig } from "../stages/evaluate.ts";
import type { NamedReport } from "../stages/stage.ts";
import { trainHere } from "../train-here.ts";
import { claimRun, writeSettings } from "./claim-run.ts";
import { pairAnswers } from "./pair-answers.ts";
import { answersGraph, frontGraph, ROUND_STAGES, type RoundRun } from "./round-graph.ts";

/** What `train` yields, and fronts under their names. */
export type ExploreEvent = Exclude<RunEvent, { type: "report" }> | NamedReport;

interface Driver {
  run: RoundRun;
  signal: AbortSignal;
  /** optimizer steps of the rounds before, and of all */
  steps: { before: number; total: number };
}

export interface ExploreOptions {
  signal: AbortSignal;
  /** true: there must be a run to go on with; false: there must be none; default: either */
  resume?: boolean | undefined;
}

/** Where a round keeps what it made; numbers have two digits, so that names are in order. */
const roundFolder = (run: RoundRun, round: number): string =>
  join(run.output, "rounds", String(round).padStart(2, "0"));

/**
 * Trains on the pairs that are given, then in rounds on the ARM's own answers as well, and yields what happens as `train`
 * does, with the front of each round as a report where there are held-out prompts. Steps count on over the rounds. Below
 * `output` each round has a folder; what is there is not made again. Until the last checkpoint, which is the ARM, the path of
 * one is `output`: the run goes on from all that lies there.
 *
 * @throws UniArmError run-exists, run-missing, run-config-changed, and those of `train`, `decode`, `score` and `evaluate`
 */
export async function* explore(given: RoundRun, { signal, resume }: ExploreOptions): AsyncGenerator<ExploreEvent> {
  const run = await claimRun(given, resume);
  if ((await findCheckpoint(run.output)) !== null) {
    yield { type: "finished", message: `All its rounds were done before; the checkpoint is in ${run.output}.` };
    return;
  }
  const { exploration: its } = run;
  const driver: Driver = { run, signal, steps: { before: 0, total: 0 } };
  const heldOut = its.validationPrompts === undefined ? null : await promptsOf(its.validationPrompts);
  let pairs = run.pairs;
  const first = yield* trained(driver, 0, pairs, run.startFrom);
  if (first === null) return;
  let best: string = first;
  let scores = yield* inPart("front of round 0", measured(driver, 0, best, heldOut));
  if (scores === null) return;
  for (let round = 1; round <= its.rounds; round++) {
    const next = yield* inPart(`answers of round ${round}`, answered(driver, round, best, pairs));
    if (next === null) return;
    pairs = next;
    const checkpoint: string | null = yield* inPart(`training of round ${round}`, trained(driver, round, pairs, best));
    if (checkpoint === null) return;
    const newScores: Score[] | null = yield* inPart(
      `front of round ${round}`,
      measured(driver, round, checkpoint, heldOut),
    );
    if (newScores === null) return;
    if (heldOut && its.until === "no-gain" && !gains(run, newScores, scores)) {
      yield {
        type: "notice",
        code: "round-without-gain",
        message: `Round ${round} gained nothing beyond its interval: the ARM of round ${round - 1} is kept.`,
      };
      break;
    }
    [best, scores] = [checkpoint, newScores];
  }
  const result = checkpointFolder(run.output, driver.steps.before);
  if (!existsSync(result)) await writeFolderAtomically(result, (partial) => cp(best, partial, { recursive: true }));
  yield { type: "checkpoint", step: driver.steps.before, path: result };
  yield { type: "finished", message: `Trained for ${driver.steps.before} steps; the checkpoint is in ${run.output}.` };
}

/** What goes wrong says in which part of the run: it has many alike. */
async function* inPart<Result>(
  part: string,
  events: AsyncGenerator<ExploreEvent, Result>,
): AsyncGenerator<ExploreEvent, Result> {
  try {
    return yield* events;
  } catch (error) {
    if (!(error instanceof UniArmError)) throw error;
    throw new UniArmError(error.code, `In the ${part}: ${error.message}`, { cause: error });
  }
}

/** One training of a round -> its checkpoint, null when it was stopped. */
async function* trained(
  driver: Driver,
  round: number,
  pairs: string,
  startFrom: string | undefined,
): AsyncGenerator<ExploreEvent, string | null> {
  const { run, signal, steps } = driver;
  const { exploration, ...training } = run;
  const output = join(roundFolder(run, round), "training");
  const config = { ...training, pairs, output, ...(startFrom === undefined ? {} : { startFrom }) };
  if (round > 0) {
    config.steps = exploration.roundSteps;
    delete config.addedObjectives; // the round before has added them
  }
  let own = 0;
  for await (const event of trainHere(config, signal)) {
    switch (event.type) {
      case "started":
        own = event.total;
        if (round > 0) break;
        await writeSettings(run); // not before: a run that cannot begin leaves the folder free
        steps.total = own + exploration.rounds * exploration.roundSteps;
        yield { ...event, total: steps.total };
        break;
      case "metric":
        yield { ...event, step: event.step + steps.before, values: { ...event.values, round } };
        break;
      case "progress":
        yield { ...event, done: event.done + steps.before, total: steps.total };
        break;
      case "checkpoint":
        yield { ...event, step: event.step + steps.before, path: run.output };
        break;
      case "stopped":
        steps.before += event.step;
        yield stopped(driver);
        return null;
      case "finished":
        break;
      default:
        yield event;
    }
  }
  steps.before += own;
  return (await findCheckpoint(output))!;
}

/** A round's own answers, paired, after all pairs so far -> their file, null when it was stopped. */
async function* answered(
  driver: Driver,
  round: number,
  checkpoint: string,
  pairs: string,
): AsyncGenerator<ExploreEvent, string | null> {
  const { run, signal } = driver;
  const folder = roundFolder(run, round);
  const path = join(folder, "pairs.jsonl");
  if (existsSync(path)) return path;
  await mkdir(folder, { recursive: true });
  const random = createRandom(run.seed).fork(`round-${round}`);
  const known = await readPairs(pairs, run.objectives, run.missingLabels);
  const prompts = random.shuffle(distinctPrompts(known)).slice(0, run.exploration.roundPrompts);
  const nodes = answersGraph(run, checkpoint, prompts, random.fork("decode").integer(2 ** 31));
  if (!(yield* made(driver, nodes, folder, signal, `answers of round ${round}`))) return null;
  const generations = await readJsonLines(join(folder, "answers/decode/generations.jsonl"), Generation);
  const scores = await readJsonLines(join(folder, "answers/score/scores.jsonl"), Score);
  const isKept = run.cutResponses === "keep";
  const used = generations.filter(({ finish }) => finish !== "length" || isKept);
  const fresh = pairAnswers(used, scores, known, random.fork("pairs"));
  await writeJsonLines(path, [...known, ...fresh]);
  const cut = generations.filter(({ finish }) => finish === "length").length;
  yield {
    type: "notice",
    code: "round",
    message: `Round ${round}: ${generations.length} answers to ${prompts.length} prompts gave ${fresh.length} new pairs, now ${known.length + fresh.length}.${cut > 0 ? ` ${cut} answers were cut off after ${run.exploration.maxNewTokens} tokens and ${isKept ? "are trained on without an end token" : "left out"}.` : ""}`,
  };
  return path;
}

/** The front of a round's ARM -> the scores behind it, none without held-out prompts; null when it was stopped. */
async function* measured(
  driver: Driver,
  round: number,
  checkpoint: string,
  heldOut: readonly Prompt[] | null,
): AsyncGenerator<ExploreEvent, Score[] | null> {
  if (!heldOut) return [];
  const folder = roundFolder(driver.run, round);
  const nodes = frontGraph(driver.run, checkpoint, heldOut, `round ${round}`);
  if (!(yield* made(driver, nodes, folder, driver.signal, `front of round ${round}`))) return null;
  return readJsonLines(join(folder, "front/score/scores.jsonl"), Score);
}

/** Runs a round's graph; whether it came to its end. */
async function* made(
  driver: Driver,
  nodes: readonly JobNode[],
  folder: string,
  signal: AbortSignal,
  phase: string,
): AsyncGenerator<ExploreEvent, boolean> {
  const events = runNodes(nodes, ROUND_STAGES, { folder, signal });
  for (;;) {
    const next = await events.next();
    if (next.done) {
      if (next.value === "finished") return true;
      yield stopped(driver);
      return false;
    }
    const { node, event } = next.value;
    if (event.type === "report") yield event;
    if (event.type === "progress" && node.kind === "decode") yield { ...event, phase };
  }
}

/** Whether a front is better than the one before, in one of the figures by more than prompts vary. */
function gains({ exploration }: RoundRun, after: readonly Score[], before: readonly Score[]): boolean {
  const { hypervolume, meanInnerProduct } = pairedDifference(after, before, measuringConfig(exploration.protocol!));
  return [hypervolume, meanInnerProduct].some(({ value, interval }) => (interval?.low ?? value) > 0);
}

function distinctPrompts(pairs: readonly PreferencePair[]): Prompt[] {
  const asked = new Map(
    pairs.map(({ prompt, messages }) => [
      JSON.stringify(messages ?? prompt),
      messages ? { messages } : { text: prompt },
    ]),
  );
  return [...asked.values()].map((one, index) => Prompt.parse({ id: `training-${index}`, ...one }));
}

const stopped = ({ run, steps }: Driver): ExploreEvent => ({
  type: "stopped",
  step: steps.before,
  message: `Stopped in a round after ${steps.before} of ${steps.total} steps; nothing is lost. Resume with: uniarm train --resume ${run.output}`,
});
