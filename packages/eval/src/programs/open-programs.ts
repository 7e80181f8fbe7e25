import type { ProgramConfig, ScoringRequest } from "@uniarm/core/schema";
import { openScoreCache, type ScoreCache } from "../reward-models/cache.ts";
import type { OpenScorer } from "../open-scorer.ts";
import { openProgram, type Program } from "./program.ts";

export interface ProgramsOptions {
  /** file of known scores; default: in memory */
  cache?: string | undefined;
  /** ends a program that is at work */
  signal?: AbortSignal | undefined;
  onProgress?: ((done: number, total: number) => void) | undefined;
}

/** Programs as one scorer. Equal texts are scored once; each batch is in the cache before the next one is asked for. */
export async function openPrograms(
  configs: readonly ProgramConfig[],
  { cache: path, signal, onProgress }: ProgramsOptions = {},
): Promise<OpenScorer> {
  const programs = configs.map((config) => openProgram(config, signal));
  const cache = await openScoreCache(path);
  const counts = { scored: 0, cached: 0, truncated: 0 };
  return {
    objectives: programs.flatMap(({ objectives }) => objectives),
    counts,
    dispose: async () => {
      await Promise.all(programs.map((program) => program.close()));
      await cache.close();
    },
    score: async (requests) => {
      const answers = requests.map((): Record<string, number> => ({}));
      for (const [index, program] of programs.entries()) {
        const rewards = await scoreAll(program, requests, { cache, counts }, (done) =>
          onProgress?.(index * requests.length + done, programs.length * requests.length),
        );
        program.objectives.forEach(({ name }, column) => {
          answers.forEach((answer, row) => (answer[name] = rewards[row]![column]!));
        });
      }
      return answers;
    },
  };
}

/** A request without its id: what a program is shown, and all that a score may depend on. */
const textOf = ({ prompt, messages, response }: ScoringRequest): string =>
  JSON.stringify([prompt, messages ?? null, response]);

async function scoreAll(
  program: Program,
  requests: readonly ScoringRequest[],
  { cache, counts }: { cache: ScoreCache; counts: OpenScorer["counts"] },
  progress: (done: number) => void,
): Promise<number[][]> {
  const columns = program.objectives.map((_, column) => `${program.key} ${column}`);
  const found = new Map<string, number[]>();
  const unknown = new Map<string, ScoringRequest>();
  for (const request of requests) {
    const text = textOf(request);
    const known = columns.map((key) => cache.get(key, text));
    if (known.every((value) => value !== undefined)) {
      found.set(text, known);
      counts.cached += 1;
    } else unknown.set(text, request);
  }
  const all = [...unknown];
  for (let start = 0; start < all.length; start += program.batchRows) {
    const batch = all.slice(start, start + program.batchRows);
    const rows = await program.score(batch.map(([, request]) => request));
    for (const [column, key] of columns.entries())
      await cache.add(
        key,
        batch.map(([text], row) => ({ text, score: rows[row]![column]! })),
      );
    batch.forEach(([text], row) => found.set(text, rows[row]!));
    counts.scored += batch.length;
    progress(found.size);
  }
  progress(requests.length);
  return requests.map((request) => found.get(textOf(request))!);
}
