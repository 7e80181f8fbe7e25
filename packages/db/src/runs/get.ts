import { LaunchedFrom, Provenance, UniArmError } from "@uniarm/core/schema";
import { prismaOf, type Database } from "../database.ts";
import type { Prisma } from "../generated/client.ts";
import { queuedWaits } from "./queued-waits.ts";
import { deletedRuns } from "./trash.ts";

/** The columns of a front that lists show. */
export const FRONT_SUMMARY = {
  id: true,
  runId: true,
  name: true,
  method: true,
  protocolHash: true,
  objectives: true,
  referencePoint: true,
  hypervolume: true,
  hypervolumeLow: true,
  hypervolumeHigh: true,
  meanInnerProduct: true,
  meanInnerProductLow: true,
  meanInnerProductHigh: true,
  createdAt: true,
} as const satisfies Prisma.ParetoFrontSelect;

const EDGE = { input: true, position: true, producerId: true, output: true } as const;
/** More are found by `listSeries`. */
const MOST_SERIES = 1000;

/** Everything about a run except its history. What it took from the cache is shown as its own. @throws UniArmError run-missing */
export async function getRun(db: Database, id: string) {
  const run = await prismaOf(db).run.findFirst({
    where: { id, deletedAt: null },
    include: {
      project: { select: { id: true, name: true } },
      group: { select: { id: true, name: true } },
      parent: { select: { id: true, name: true, kind: true, state: true } },
      children: {
        where: { deletedAt: null },
        orderBy: [{ position: "asc" }, { id: "asc" }],
        select: {
          id: true,
          name: true,
          kind: true,
          state: true,
          reason: true,
          progress: true,
          cachedFromId: true,
          startedAt: true,
          endedAt: true,
          dependsOn: { select: EDGE },
        },
      },
      dependsOn: {
        orderBy: [{ input: "asc" }, { position: "asc" }],
        select: { ...EDGE, producer: { select: { name: true, kind: true, state: true, reason: true } } },
      },
      neededBy: { select: { input: true, run: { select: { id: true, name: true, kind: true, state: true } } } },
      attempts: { orderBy: { number: "asc" } },
    },
  });
  if (!run) throw missing(id);
  const owner = run.cachedFromId ?? run.id;
  const there = { runId: owner, deletedAt: null };
  const [series, checkpoints, artifacts, fronts] = await Promise.all([
    prismaOf(db).metricSeries.findMany({
      where: { runId: owner },
      orderBy: { key: "asc" },
      take: MOST_SERIES,
      omit: { id: true, runId: true },
    }),
    prismaOf(db).checkpoint.findMany({ where: there, orderBy: [{ createdAt: "asc" }, { step: "asc" }] }),
    prismaOf(db).artifact.findMany({ where: there, orderBy: { name: "asc" } }),
    prismaOf(db).paretoFront.findMany({
      where: { runId: { in: [owner, ...run.children.map((child) => child.cachedFromId ?? child.id)] } },
      orderBy: { createdAt: "asc" },
      select: FRONT_SUMMARY,
    }),
  ]);
  return {
    ...run,
    /** why no worker will take it from the queue; empty: one may, or it does not wait there */
    waits: run.state === "QUEUED" ? await queuedWaits(db, run.id) : "",
    launchedFrom: LaunchedFrom.nullable().catch(null).parse(run.launchedFrom),
    attempts: run.attempts.map((attempt) => ({
      ...attempt,
      provenance: Provenance.nullable().catch(null).parse(attempt.provenance),
    })),
    series,
    checkpoints,
    artifacts,
    fronts,
  };
}

/**
 * The id of the run that begins with `start`.
 * @throws UniArmError run-missing, run-ambiguous
 */
export async function resolveRunId(db: Database, start: string): Promise<string> {
  if (!/^[0-9a-z]+$/.test(start)) throw missing(start); // anything else would be a pattern below
  const found = await prismaOf(db).run.findMany({
    where: { id: { startsWith: start }, deletedAt: null },
    select: { id: true },
    orderBy: { id: "asc" },
    take: 3,
  });
  const ids = found.map(({ id }) => id);
  if (ids.includes(start)) return start;
  if (ids.length === 1) return ids[0]!;
  if (ids.length === 0) throw await deletedOrMissing(db, start);
  throw new UniArmError(
    "run-ambiguous",
    `Several runs begin with "${start}": ${ids.join(", ")}${ids.length === 3 ? " ..." : ""}. Write more of the id.`,
  );
}

/** The same for many; ids that are complete are looked up together. */
export async function resolveRunIds(db: Database, starts: readonly string[]): Promise<string[]> {
  const found = await prismaOf(db).run.findMany({
    where: { id: { in: [...starts] }, deletedAt: null },
    select: { id: true },
  });
  const whole = new Set(found.map(({ id }) => id));
  return Promise.all(starts.map(async (start) => (whole.has(start) ? start : resolveRunId(db, start))));
}

async function deletedOrMissing(db: Database, start: string): Promise<UniArmError> {
  const [run] = await deletedRuns(db, start);
  if (!run) return missing(start);
  return new UniArmError(
    "run-missing",
    `Run ${run.name} (${run.id}) was deleted. While it is in the trash it can be brought back: uniarm runs restore ${run.id}`,
  );
}

const missing = (id: string): UniArmError =>
  new UniArmError("run-missing", `There is no run ${id}. See those there are: uniarm runs ls`);
