import { UniArmError } from "@uniarm/core/schema";
import { prismaOf, type Database } from "../database.ts";
import { resolveRunId } from "../runs/get.ts";

/** A checkpoint that should hold an ARM; its manifest says whether it does. */
export interface ArmCheckpoint {
  checkpointId: string;
  /** by path */
  files: { path: string; sha256: string }[];
  /** of the run that made it */
  runConfig: unknown;
}

/**
 * The checkpoint that an id of a checkpoint or of a run stands for: of a run its best, else its newest; of a study that
 * of its only training.
 * @throws UniArmError arm-missing, arm-ambiguous, run-missing
 */
export async function findArmCheckpoint(db: Database, id: string): Promise<ArmCheckpoint> {
  const checkpointId = await checkpointOf(db, id);
  const { files, run } = await prismaOf(db).checkpoint.findUniqueOrThrow({
    where: { id: checkpointId },
    select: {
      files: { select: { path: true, sha256: true }, orderBy: { path: "asc" } },
      run: { select: { config: true } },
    },
  });
  return { checkpointId, files, runConfig: run.config };
}

async function checkpointOf(db: Database, id: string): Promise<string> {
  const { checkpoint, run } = prismaOf(db);
  const itself = await checkpoint.findFirst({ where: { id, deletedAt: null }, select: { id: true } });
  if (itself) return itself.id;
  const runId = await resolveRunId(db, id);
  const { name, cachedFromId, children } = await run.findUniqueOrThrow({
    where: { id: runId },
    select: {
      name: true,
      cachedFromId: true,
      children: { where: { kind: "train", deletedAt: null }, select: { id: true, name: true, cachedFromId: true } },
    },
  });
  const own = await bestOf(db, { id: runId, cachedFromId });
  if (own !== null) return own;
  if (children.length > 1)
    throw new UniArmError(
      "arm-ambiguous",
      `Run ${runId} (${name}) trained several ARMs. Name one of its runs: ${children.map((child) => `${child.id} (${child.name})`).join(", ")}.`,
    );
  const [child] = children;
  const found = child ? await bestOf(db, child) : null;
  if (found !== null) return found;
  throw new UniArmError(
    "arm-missing",
    `Run ${runId} (${name}) has no checkpoint. Wait until it has saved one, or name another run: uniarm runs ls "kind = train"`,
  );
}

async function bestOf(
  db: Database,
  { id, cachedFromId }: { id: string; cachedFromId: string | null },
): Promise<string | null> {
  const found = await prismaOf(db).checkpoint.findFirst({
    where: { runId: cachedFromId ?? id, deletedAt: null },
    orderBy: [{ best: "desc" }, { createdAt: "desc" }, { step: "desc" }],
    select: { id: true },
  });
  return found?.id ?? null;
}
