import { FILES } from "../blobs/files.ts";
import { prismaOf, type Database } from "../database.ts";

/** A file of the store. */
export interface SourceFile {
  sha256: string;
  size: number;
}

/** What a front was computed from: answers and, where they were kept, their rewards; both in the same order. */
export interface FrontSources {
  generations: SourceFile[];
  scores: SourceFile[];
}

/** Follows a front's run back to what it read. A recorded demo has all in one run, and the base model's answers under a name of their own. */
export async function frontSources(
  db: Database,
  { runId, method }: { runId: string; method: string | null },
): Promise<FrontSources> {
  if (method === "base") {
    const generations = await filesOf(db, runId, "base");
    if (generations.length > 0) return { generations, scores: [] };
  }
  const scorers = await producersOf(db, runId, "scores");
  const outputs = scorers.length > 0 ? scorers : [{ producerId: runId, output: "scores" }];
  const scores = await all(outputs, ({ producerId, output }) => filesOf(db, producerId, output));
  const own = await all(outputs, ({ producerId }) => filesOf(db, producerId, "generations"));
  if (own.length > 0) return { generations: own, scores };
  const decodes = await all(outputs, ({ producerId }) => producersOf(db, producerId, "generations"));
  return { generations: await all(decodes, ({ producerId, output }) => filesOf(db, producerId, output)), scores };
}

const all = async <Item, Found>(items: readonly Item[], find: (item: Item) => Promise<Found[]>): Promise<Found[]> =>
  (await Promise.all(items.map(find))).flat();

const producersOf = (db: Database, runId: string, input: string) =>
  prismaOf(db).runInput.findMany({
    where: { runId, input },
    orderBy: { position: "asc" },
    select: { producerId: true, output: true },
  });

/** JSONL files of an artifact; of a run that took another's outputs, those. */
async function filesOf(db: Database, runId: string, name: string): Promise<SourceFile[]> {
  const run = await prismaOf(db).run.findUnique({ where: { id: runId }, select: { cachedFromId: true } });
  const artifact = await prismaOf(db).artifact.findFirst({
    where: { runId: run?.cachedFromId ?? runId, name, deletedAt: null },
    select: { files: FILES },
  });
  return (artifact?.files ?? [])
    .filter(({ path }) => path.endsWith(".jsonl"))
    .map(({ sha256, size }) => ({ sha256, size: Number(size) }));
}
