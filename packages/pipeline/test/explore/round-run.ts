import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom, findCheckpoint } from "@uniarm/core";
import type { PreferencePair } from "@uniarm/core/schema";
import {
  makePairs,
  parsePrompt,
  sampleResponse,
  tinyWorldModel,
  tinyWorldObjectives,
  trainingPromptDraws,
  validationPrompts,
} from "@uniarm/tiny-world";
import type { RoundRun } from "../../src/explore/round-graph.ts";
import { explore, type ExploreEvent } from "../../src/index.ts";
import { TrainingRun } from "../../src/schema/index.ts";

/** Pairs of responses that tiny-world draws by itself, on few prompts. */
export function worldPairs(count: number, seed = 0): PreferencePair[] {
  const random = createRandom(seed);
  const responses = trainingPromptDraws(count, random, { leaveOutValidation: true }).map(({ text }, index) => {
    const own = random.fork(`responses-${index}`);
    const [first, second] = [0, 1].map(() => sampleResponse(parsePrompt(text), own));
    return { prompt: text, responses: [first!, second!] as [string, string] };
  });
  return makePairs(responses, tinyWorldObjectives(2));
}

export const jsonLines = (rows: readonly unknown[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join("");

const TINY_WORLD = { type: "tiny-world", objectives: 2 };

/** Rounds on tiny-world's smallest model that take a second or two: 3 steps, then 2 in each of 2 rounds. */
export async function roundRun(
  folder: string,
  { exploration = {}, ...changes }: Record<string, unknown> = {},
): Promise<RoundRun> {
  const pairs = join(folder, "pairs.jsonl");
  await writeFile(pairs, jsonLines(worldPairs(24)));
  return TrainingRun.parse({
    model: tinyWorldModel("quick"),
    pairs,
    output: join(folder, "run"),
    objectives: tinyWorldObjectives(2),
    recipe: "imitation",
    steps: 3,
    batchPairs: 4,
    checkpointEvery: 2,
    optimizer: { learningRate: 0.002, warmupSteps: 1 },
    adapter: { kind: "moslora", rank: 2 },
    ...changes,
    exploration: {
      rounds: 2,
      roundSteps: 2,
      roundPrompts: 3,
      roundDivisions: 2,
      roundSamples: 1,
      scorer: TINY_WORLD,
      ...(exploration as object),
    },
  }) as RoundRun;
}

/** With held-out prompts, all rounds: their fronts are noise after so few steps. */
export const MEASURED = {
  validationPrompts: validationPrompts().slice(0, 4),
  validationDivisions: 1,
  protocol: TINY_WORLD,
  until: "all-rounds",
};

/** Goes through the rounds to the end, or until the event (or training step) at which they are stopped. */
export async function explored(
  run: RoundRun,
  { stopAt, resume }: { stopAt?: number | ((event: ExploreEvent) => boolean); resume?: boolean } = {},
): Promise<ExploreEvent[]> {
  const stop = new AbortController();
  const isThere =
    typeof stopAt === "function" ? stopAt : (event: ExploreEvent) => event.type === "metric" && event.step === stopAt;
  const events: ExploreEvent[] = [];
  for await (const event of explore(run, { signal: stop.signal, resume })) {
    events.push(event);
    if (isThere(event)) stop.abort();
  }
  return events;
}

export const adapterOf = async (run: string): Promise<Buffer> =>
  readFile(join((await findCheckpoint(run))!, "adapter.safetensors"));
