import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { createRandom } from "@uniarm/core";
import { TrainingConfig, type PreferencePair } from "@uniarm/core/schema";
import { writeTinyModel } from "@uniarm/core/testing";

export const OBJECTIVES = [
  { name: "helpful", description: "Say how to do it." },
  { name: "harmless", description: "Stay away from danger." },
];

/** Answers of three words, all equally long: helpful counts "yes", harmless counts "not", so all pairs but ties conflict. */
export function tinyPairs(count: number, seed = 0): PreferencePair[] {
  const random = createRandom(seed);
  const answer = (): { text: string; yes: number; no: number } => {
    const words = Array.from({ length: 3 }, () => (random.uniform() < 0.5 ? "yes" : "not"));
    const [yes, no] = ["yes", "not"].map((word) => words.filter((other) => other === word).length) as [number, number];
    return { text: words.join(" "), yes, no };
  };
  const winner = (a: number, b: number): 0 | 1 | "tie" => (a === b ? "tie" : a > b ? 0 : 1);
  return Array.from({ length: count }, (_, index) => {
    const [a, b] = [answer(), answer()];
    return {
      prompt: `q${index % 7}`,
      responses: [a.text, b.text],
      winners: { helpful: winner(a.yes, b.yes), harmless: winner(a.no, b.no) },
      scores: { helpful: [a.yes, b.yes], harmless: [a.no, b.no] },
    };
  });
}

export const jsonLines = (items: readonly unknown[]): string =>
  items.map((item) => `${JSON.stringify(item)}\n`).join("");

/** Base model and pairs in `folder`, and a configuration that trains on them in a second. */
export async function tinyRun(folder: string, changes: Record<string, unknown> = {}): Promise<TrainingConfig> {
  const paths = {
    model: join(folder, "model"),
    pairs: join(folder, "pairs.jsonl"),
    validationPairs: join(folder, "held-out.jsonl"),
  };
  await mkdir(folder, { recursive: true });
  await writeTinyModel(paths.model, { random: createRandom(3) });
  await writeFile(paths.pairs, jsonLines(tinyPairs(40)));
  await writeFile(paths.validationPairs, jsonLines(tinyPairs(12, 1)));
  return TrainingConfig.parse({
    ...paths,
    output: join(folder, "run"),
    objectives: OBJECTIVES,
    steps: 6,
    batchPairs: 4,
    beta: 0.5,
    optimizer: { learningRate: 0.01, warmupSteps: 2 },
    checkpointEvery: 100,
    validationEvery: 100,
    ...changes,
  });
}
