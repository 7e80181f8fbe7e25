import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { exists, extendCheckpoint, readJsonLines, writeJsonLines } from "@uniarm/core";
import { PreferencePair } from "@uniarm/core/schema";
import { constantFront, readScores } from "@uniarm/eval";
import type { JobNode } from "@uniarm/pipeline/schema";
import { tinyWorldObjectives } from "@uniarm/tiny-world/schema";
import { ALL_GRID, ARMS, askedOfThree, DESIGN, OLD_GRID, training } from "./design.ts";
import { make } from "../make.ts";
import { frontOf } from "./front-of.ts";
import type { ArmResult } from "./results.ts";

/** Makes, trains and measures what is not there yet -> the figures of all models; null: it was stopped. */
export async function runSeed(seed: number, folder: string, signal: AbortSignal): Promise<ArmResult[] | null> {
  const finished = (nodes: JobNode[]): Promise<boolean> => make(nodes, folder, signal);
  const pairs = (name: string, objectives: 2 | 3, count: number, drawn: number): JobNode => ({
    name,
    kind: "pairs",
    config: { model: DESIGN.model, objectives, pairs: count, seed: drawn },
    inputs: {},
  });
  const train = (name: string, config: Record<string, unknown>): JobNode => ({
    name,
    kind: "train",
    config,
    inputs: {},
  });
  const [old, fresh, both] = ["old", "new", "both"].map((name) => join(folder, `${name}.jsonl`)) as [
    string,
    string,
    string,
  ];

  // the added objective's pairs have its labels alone, and are of prompts that were not asked before
  if (
    !(await finished([
      pairs("old-pairs", 2, DESIGN.oldPairs, seed),
      pairs("new-pairs", 3, DESIGN.newPairs, seed + 1000),
    ]))
  )
    return null;
  const [oldPairs, newPairs] = [await pairsIn(join(folder, "old-pairs")), await pairsIn(join(folder, "new-pairs"))];
  const labelled = newPairs.map(({ winners, scores: _, ...pair }) => ({
    ...pair,
    winners: { humorous: winners.humorous! },
  }));
  for (const [path, rows] of [
    [old, oldPairs],
    [fresh, labelled],
    [both, [...oldPairs, ...labelled]],
  ] as const)
    if (!(await exists(path))) await writeJsonLines(path, rows);

  const later = {
    startFrom: join(folder, "before"),
    addedObjectives: ["humorous"],
    missingLabels: "mask" as const,
    pairs: fresh,
    seed,
  };
  const trained = [
    train("before", training(2, DESIGN.oldSteps, { pairs: old, seed })),
    ...Object.entries<{ freeze?: "factors"; replay?: boolean }>(ARMS).map(([name, { replay, ...changes }]) =>
      train(name, training(3, DESIGN.addedSteps, { ...later, ...changes, ...(replay ? { replayPairs: old } : {}) })),
    ),
    train("from-start", training(3, DESIGN.oldSteps + DESIGN.addedSteps, { pairs: both, missingLabels: "mask", seed })),
  ];
  for (const node of trained) {
    if (!(await finished([node]))) return null;
    process.stdout.write(`seed ${seed}: ${node.name} trained\n`);
  }
  const described = join(folder, "description-only");
  if (!(await exists(described)))
    await extendCheckpoint({
      checkpoint: join(folder, "before"),
      added: tinyWorldObjectives(3).slice(2),
      output: described,
    });

  const names = ["base", "before", "description-only", ...Object.keys(ARMS), "from-start"];
  const results: ArmResult[] = [];
  for (const name of names) {
    if (!(await finished(measured(name, folder)))) return null;
    const result = await resultOf(name, folder);
    results.push(result);
    process.stdout.write(`seed ${seed}: ${JSON.stringify(result)}\n`);
  }
  return results;
}

const pairsIn = (folder: string): Promise<PreferencePair[]> =>
  readJsonLines(join(folder, "pairs.jsonl"), PreferencePair);

/** decode -> score of one model */
function measured(name: string, folder: string): JobNode[] {
  const preferences = name === "before" ? OLD_GRID : askedOfThree();
  const steering = { checkpoint: join(folder, name), preferences, strength: DESIGN.strength };
  const node = `measured/${name}`;
  return [
    {
      name: `${node}/decode`,
      kind: "decode",
      config: {
        decoding: {
          model: DESIGN.model,
          prompts: DESIGN.prompts,
          maxNewTokens: 44,
          ...(name === "base" ? {} : steering),
        },
      },
      inputs: {},
    },
    {
      name: `${node}/score`,
      kind: "score",
      config: { generations: ["input:generations"], scorer: { type: "tiny-world", objectives: 3 } },
      inputs: { generations: [{ node: `${node}/decode`, output: "generations" }] },
    },
  ];
}

async function resultOf(name: string, folder: string): Promise<ArmResult> {
  const read = await readScores(join(folder, "measured", name, "score/scores.jsonl"));
  const scores = name === "base" ? constantFront(read, askedOfThree()) : read;
  const corner = scores
    .filter(({ preference }) => preference!.join() === "0,0,1")
    .map(({ rewards }) => rewards.humorous!);
  return {
    name,
    old: await frontOf(scores, OLD_GRID, 2),
    all: name === "before" ? null : await frontOf(scores, ALL_GRID, 3),
    corner: name === "before" ? null : corner.reduce((sum, reward) => sum + reward, 0) / corner.length,
    seconds: await secondsOf(name, folder),
  };
}

/** null: it was not trained, or was interrupted */
async function secondsOf(name: string, folder: string): Promise<number | null> {
  const path = join(folder, "stages", `${name}.json`);
  if (!(await exists(path))) return null;
  const { seconds } = JSON.parse(await readFile(path, "utf8")) as { seconds?: number };
  return seconds ?? null;
}
