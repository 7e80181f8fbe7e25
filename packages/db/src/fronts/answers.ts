import { Generation, Score, UniArmError, type Finish } from "@uniarm/core/schema";
import { readLines } from "../blobs/lines.ts";
import type { BlobStore } from "../blobs/store.ts";
import { cursorOf, readCursor } from "../cursor.ts";
import { prismaOf, type Database } from "../database.ts";
import { frontSources, type SourceFile } from "./sources.ts";

/** The most that one call reads of the answers, and of their scores; the next call continues there. */
const MOST_BYTES = 16 * 2 ** 20;
/** Preferences that differ by less are the same, written with fewer decimals. */
const SAME = 1e-9;

export interface FrontAnswer {
  promptId: string;
  prompt: string;
  sample: number;
  text: string;
  tokens: number;
  finish: Finish;
  logProbNats: number;
  /** larger is better; null where no scores were kept */
  rewards: Record<string, number> | null;
}

export interface FrontAnswers {
  answers: FrontAnswer[];
  /** whether the answers are kept at all */
  kept: boolean;
  nextCursor: string | null;
}

export interface AskAnswers {
  id: string;
  position: number;
  cursor?: string | undefined;
  limit?: number | undefined;
}

/** How far reading has come: a file, and an offset in it. */
interface ReadingPosition {
  file: number;
  offset: number;
}

/**
 * A page of what was answered at one point of a front, with the rewards behind its mean.
 * @throws UniArmError front-missing, point-missing, cursor-invalid, blob-missing
 */
export async function frontAnswers(
  db: Database,
  store: BlobStore,
  { id, position, cursor, limit = 20 }: AskAnswers,
): Promise<FrontAnswers> {
  const point = await pointOf(db, id, position);
  const { generations, scores } = await frontSources(db, point.front);
  const [file = 0, offset = 0, scoreFile = 0, scoreOffset = 0] = cursor ? readCursor(cursor, 4).map(Number) : [];
  const fits = ({ preference }: { preference: number[] | null }): boolean => isSame(preference, point.preference);

  const read = readingPosition(file, offset);
  const found: Generation[] = [];
  const isAll = await scan(store, generations, read, (text) => {
    const row = JSON.parse(text) as { preference: number[] | null };
    if (fits(row)) found.push(Generation.parse(row));
    return found.length >= limit;
  });

  const wanted = new Set(found.map(keyOf));
  const rewards = new Map<string, Record<string, number>>();
  const scored = readingPosition(scoreFile, scoreOffset);
  if (wanted.size > 0)
    await scan(store, scores, scored, (text) => {
      const row = JSON.parse(text) as Score;
      if (!fits(row) || !wanted.has(keyOf(row))) return false;
      rewards.set(keyOf(row), Score.parse(row).rewards);
      return rewards.size >= wanted.size;
    });
  return {
    kept: generations.length > 0,
    answers: found.map(({ tokenIds, preference: _, topLogProbs: __, ...row }) => ({
      ...row,
      tokens: tokenIds.length,
      rewards: rewards.get(keyOf(row)) ?? null,
    })),
    nextCursor: isAll ? null : cursorOf([read.file, read.offset, scored.file, scored.offset]),
  };
}

async function pointOf(db: Database, frontId: string, position: number) {
  const front = await prismaOf(db).paretoFront.findFirst({
    where: { id: frontId, run: { deletedAt: null } },
    select: { runId: true, method: true, points: { where: { position }, select: { preference: true } } },
  });
  if (!front)
    throw new UniArmError("front-missing", `There is no front ${frontId}. See those there are: uniarm fronts ls`);
  const [point] = front.points;
  if (!point)
    throw new UniArmError("point-missing", `Front ${frontId} has no point ${position}; its points count from 0.`);
  return { front, preference: point.preference };
}

const readingPosition = (file: number, offset: number): ReadingPosition => ({
  file: Math.max(0, Math.trunc(file) || 0),
  offset: Math.max(0, Math.trunc(offset) || 0),
});

/** Rows of a base model without guidance count at every preference. */
const isSame = (one: readonly number[] | null, other: readonly number[]): boolean =>
  one === null || (one.length === other.length && one.every((entry, index) => Math.abs(entry - other[index]!) <= SAME));

const keyOf = ({ promptId, sample }: { promptId: string; sample: number }): string =>
  JSON.stringify([promptId, sample]);

/** Reads on from a position, which it moves, until a line is enough or `MOST_BYTES` were read. @returns whether everything was read */
async function scan(
  store: BlobStore,
  files: readonly SourceFile[],
  at: ReadingPosition,
  isEnough: (line: string) => boolean,
): Promise<boolean> {
  let left = MOST_BYTES;
  for (; at.file < files.length; at.file += 1, at.offset = 0) {
    const file = files[at.file]!;
    for await (const { text, end } of readLines(store, file, at.offset)) {
      left -= end - at.offset;
      at.offset = end;
      const enough = text !== "" && isEnough(text);
      if (enough || left <= 0) return at.file === files.length - 1 && at.offset >= file.size;
    }
  }
  return true;
}
