import {
  AttemptEnd,
  AttemptEvent,
  PlaygroundChunk,
  Sha256,
  UniArmError,
  versionRefusal,
  WORK_PROTOCOL,
} from "@uniarm/core/schema";
import { JobKind, RecordedKind } from "@uniarm/pipeline/schema";
import {
  advanceSweeps,
  beginRecord,
  claim,
  deliverAnswers,
  endAttempt,
  ensureProject,
  goodbyeWorker,
  heartbeat,
  helloWorker,
  knownBlobs,
  liveRunOf,
  noteProcess,
  playgroundOrders,
  recordEvents,
  seenWorker,
  workerVersion,
  type Assignment,
  type OrderWithId,
  type Pulse,
} from "@uniarm/db";
import { SlurmOffer } from "@uniarm/slurm/schema";
import { z } from "zod";
import type { Context } from "../context.ts";
import { soonest } from "../soonest.ts";
import { at, router } from "../trpc.ts";

const WorkerId = z.string().regex(/^[0-9a-z]{6,40}$/);
const Label = z.string().min(1).max(40);
/** Why a worker takes no runs; empty: it does. */
const Problem = z.string().max(2000).default("");
const CannotRun = z.array(JobKind).max(20).default([]).describe("kinds of runs that it does not take");
const LONGEST_WAIT_MS = 10_000;
const Lease = z
  .int()
  .min(1)
  .max(86_400)
  .optional()
  .describe(
    "how long attempts go on without their worker being heard, where their jobs do; at least the server's own time",
  );

/** What workers report and ask for. Every write names its attempt, and is refused when that has ended. */
export const work = router({
  hello: at("write", null, "A worker has started")
    .input(
      z.object({
        id: WorkerId,
        name: z.string().min(1).max(100),
        host: z.string().max(200),
        version: z.string().max(40),
        protocol: z.int().positive().default(1),
        labels: z.array(Label).max(50),
        slots: z.int().min(1).max(1024),
        cannotRun: CannotRun,
        launcher: z.string().max(40).default("").describe("how it runs them"),
        offer: SlurmOffer.nullable().default(null).describe("what its jobs ask for where they run"),
        problem: Problem,
        alive: z.array(z.string().max(40)).max(1000).describe("attempts that it still works on"),
        replaces: z
          .array(z.object({ id: WorkerId, proven: z.boolean() }))
          .max(100)
          .default([])
          .describe(
            "workers whose place it takes; proven: their end was seen on their machine, else they must be silent",
          ),
      }),
    )
    .mutation(async ({ ctx, input: { alive, replaces, protocol, ...worker } }) => {
      const { leaseSeconds, version } = ctx.settings;
      const refusal = versionRefusal({ version: worker.version, protocol }, { version, protocol: WORK_PROTOCOL });
      // a worker that cannot be told by an answer, since it knows no such answer
      if (refusal !== null && protocol === 1) throw new UniArmError("worker-version", refusal);
      const { name } = await helloWorker(
        ctx.db,
        { ...worker, problem: refusal ?? worker.problem },
        { leaseSeconds, alive, replaces, servingSeconds: process.uptime() },
      );
      return { leaseSeconds, name, version, protocol: WORK_PROTOCOL, now: Date.now() };
    }),

  claim: at("write", null, "The next run that this worker can take; waits a while for one")
    .input(
      z.object({
        workerId: WorkerId,
        host: z.string().max(200),
        launcher: z.string().max(40),
        labels: z.array(Label).max(50),
        slotsFree: z.int().min(1).max(1024),
        cannotRun: CannotRun,
        known: z
          .array(z.string().max(40))
          .max(1000)
          .describe("attempts that it works on: another of its own is handed out again"),
        waitMs: z.int().min(0).max(LONGEST_WAIT_MS).default(0),
        leaseSeconds: Lease,
      }),
    )
    .mutation(async ({ ctx, input, signal }): Promise<Assignment | null> => {
      await refuseOtherVersion(ctx, input.workerId);
      const look = (): Promise<Assignment | null> => claim(ctx.db, { ...input, leaseSeconds: leaseOf(ctx, input) });
      return soonest({ listener: ctx.listener, topic: "queue", waitMs: input.waitMs, signal }, look);
    }),

  heartbeat: at("write", null, "The worker is alive, and so are these attempts")
    .input(
      z.object({
        workerId: WorkerId,
        attempts: z.array(z.string().max(40)).max(1000),
        draining: z.boolean().default(false),
        problem: Problem,
        leaseSeconds: Lease,
      }),
    )
    .mutation(async ({ ctx, input }): Promise<Pulse[]> => {
      await seenWorker(ctx.db, input.workerId, input);
      return heartbeat(ctx.db, input.attempts, leaseOf(ctx, input));
    }),

  goodbye: at("write", null, "A worker stops; its runs go back to the queue")
    .input(z.object({ workerId: WorkerId }))
    .mutation(async ({ ctx, input }) => {
      await goodbyeWorker(ctx.db, input.workerId, "its worker was stopped");
    }),

  record: at("write", null, "Begin to record a run that was not launched here")
    .input(
      z.object({
        workerId: WorkerId,
        host: z.string().max(200),
        kind: RecordedKind.default("demo"),
        project: z.string().min(1).max(100),
        externalId: z.string().min(8).max(200),
        name: z.string().min(1).max(200),
        config: z.record(z.string(), z.unknown()),
      }),
    )
    .mutation(async ({ ctx, input: { project, ...run } }) => {
      const { projectId } = await ensureProject(ctx.db, project);
      return beginRecord(ctx.db, { ...run, projectId, createdBy: ctx.caller?.name ?? "" });
    }),

  started: at("write", null, "Where an attempt runs, or what it waits for")
    .input(
      z.object({
        attemptId: z.string().max(40),
        pid: z.int().nullable(),
        externalId: z.string().max(200).nullable(),
        waits: z.string().max(1000).default("").describe("why its job does not run yet; empty: it does"),
      }),
    )
    .mutation(async ({ ctx, input: { attemptId, ...process } }) => noteProcess(ctx.db, attemptId, process)),

  events: at("write", null, "What an attempt did, in order; events that were recorded before are skipped")
    .input(z.object({ attemptId: z.string().max(40), events: z.array(AttemptEvent).min(1).max(5000) }))
    .mutation(async ({ ctx, input }) => ({ lastSequence: await recordEvents(ctx.db, input.attemptId, input.events) })),

  end: at("write", null, "How an attempt ended")
    .input(
      z.object({
        attemptId: z.string().max(40),
        end: AttemptEnd,
        reason: z.string().max(10_000),
        exit: z.object({ code: z.int().nullable(), signal: z.string().max(20).nullable() }).nullable(),
        lastSequence: z
          .int()
          .nonnegative()
          .nullable()
          .describe("of its last event; null: events that were not sent are lost"),
      }),
    )
    .mutation(async ({ ctx, input }) => {
      await endAttempt(ctx.db, input);
      await advanceSweeps(ctx.db); // a place is free
    }),

  orders: at("write", null, "What clients ask of an attempt that holds a model; waits a while for something")
    .input(
      z.object({
        attemptId: z.string().max(40),
        seen: z.array(z.string().max(100)).max(1000).describe("orders that it has; others are sent again"),
        waitMs: z.int().min(0).max(LONGEST_WAIT_MS),
      }),
    )
    .mutation(async ({ ctx, input: { attemptId, seen, waitMs }, signal }) => {
      const attempt = { attemptId, runId: await liveRunOf(ctx.db, attemptId) };
      const look = async (): Promise<OrderWithId[] | null> => {
        const orders = await playgroundOrders(ctx.db, attempt, seen);
        return orders.length > 0 ? orders : null;
      };
      const waiting = { listener: ctx.listener, topic: `orders:${attempt.runId}` as const, waitMs, signal };
      return { orders: (await soonest(waiting, look)) ?? [] };
    }),

  chunks: at("write", null, "An attempt's answers to its clients; gone: requests that nobody waits for any more")
    .input(
      z.object({
        attemptId: z.string().max(40),
        sequence: z.int().positive().describe("of this call; one that was delivered before is skipped"),
        chunks: z.array(PlaygroundChunk).min(1).max(1000),
      }),
    )
    .mutation(async ({ ctx, input: { attemptId, sequence, chunks } }) => {
      await liveRunOf(ctx.db, attemptId); // an attempt that is over answers nobody
      return deliverAnswers(ctx.db, { attemptId }, sequence, chunks);
    }),

  blobs: at("write", null, "Which of these are in the store")
    .input(z.object({ hashes: z.array(Sha256).max(10_000) }))
    .mutation(async ({ ctx, input }) => ({ known: await presentBlobs(ctx, input.hashes) })),
});

const leaseOf = ({ settings }: Context, { leaseSeconds = 0 }: { leaseSeconds?: number | undefined }): number =>
  Math.max(settings.leaseSeconds, leaseSeconds);

/** The server may have been updated since the worker said hello. @throws UniArmError worker-version, worker-ended */
async function refuseOtherVersion({ db, settings: { version } }: Context, workerId: string): Promise<void> {
  const protocol = WORK_PROTOCOL; // another one's hello was refused, or noted
  const refusal = versionRefusal({ version: await workerVersion(db, workerId), protocol }, { version, protocol });
  if (refusal !== null) throw new UniArmError("worker-version", refusal);
}

/** Those that the database knows and whose bytes exist: what somebody removed by hand is uploaded again. */
async function presentBlobs({ db, store }: Context, hashes: readonly string[]): Promise<string[]> {
  const known = await knownBlobs(db, hashes);
  const present = await Promise.all(known.map((sha256) => store.sizeOf(sha256)));
  return known.filter((_, index) => present[index] !== null);
}
