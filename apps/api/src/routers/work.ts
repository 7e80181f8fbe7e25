import {
  AttemptEnd,
  AttemptEvent,
  PlaygroundChunk,
  Sha256,
  UniArmError,
  versionRefusal,
  WORK_PROTOCOL,
} from "@uniarm/core/schema";
import {
  beginRecord,
  claim,
  endAttempt,
  ensureProject,
  goodbyeWorker,
  heartbeat,
  helloWorker,
  knownBlobs,
  liveRunOf,
  noteProcess,
  recordEvents,
  seenWorker,
  workerVersion,
  type Assignment,
  type Pulse,
} from "@uniarm/db";
import { z } from "zod";
import type { Context } from "../context.ts";
import { at, router } from "../trpc.ts";

const WorkerId = z.string().regex(/^[0-9a-z]{6,40}$/);
const Label = z.string().min(1).max(40);
/** Why a worker takes no runs; empty: it does. */
const Problem = z.string().max(2000).default("");
const LONGEST_WAIT_MS = 10_000;

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
        { leaseSeconds, alive, replaces },
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
        known: z
          .array(z.string().max(40))
          .max(1000)
          .describe("attempts that it works on: another of its own is handed out again"),
        waitMs: z.int().min(0).max(LONGEST_WAIT_MS).default(0),
      }),
    )
    .mutation(async ({ ctx, input, signal }): Promise<Assignment | null> => {
      await refuseOtherVersion(ctx, input.workerId);
      const deadline = Date.now() + input.waitMs;
      for (;;) {
        let wake = (): void => undefined;
        const woken = new Promise<void>((done) => {
          wake = done;
        });
        const off = ctx.listener.on("queue", wake); // before the first look, so that nothing is missed
        try {
          if (signal?.aborted) return null;
          const found = await claim(ctx.db, { ...input, leaseSeconds: ctx.settings.leaseSeconds });
          const left = deadline - Date.now();
          if (found || left <= 0 || signal?.aborted) return found;
          const timer = setTimeout(wake, Math.min(left, 2000)); // runs that wait after a loss come due without a notice
          signal?.addEventListener("abort", wake);
          await woken;
          clearTimeout(timer);
          signal?.removeEventListener("abort", wake);
          if (signal?.aborted) return null;
        } finally {
          off();
        }
      }
    }),

  heartbeat: at("write", null, "The worker is alive, and so are these attempts")
    .input(
      z.object({
        workerId: WorkerId,
        attempts: z.array(z.string().max(40)).max(1000),
        draining: z.boolean().default(false),
        problem: Problem,
      }),
    )
    .mutation(async ({ ctx, input }): Promise<Pulse[]> => {
      await seenWorker(ctx.db, input.workerId, input);
      return heartbeat(ctx.db, input.attempts, ctx.settings.leaseSeconds);
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
        project: z.string().min(1).max(100),
        externalId: z.string().min(8).max(200),
        name: z.string().min(1).max(200),
        config: z.record(z.string(), z.unknown()),
      }),
    )
    .mutation(async ({ ctx, input: { project, ...run } }) => {
      const { projectId } = await ensureProject(ctx.db, project);
      return beginRecord(ctx.db, { ...run, projectId, kind: "demo", createdBy: ctx.caller?.name ?? "" });
    }),

  started: at("write", null, "The process of an attempt")
    .input(
      z.object({ attemptId: z.string().max(40), pid: z.int().nullable(), externalId: z.string().max(200).nullable() }),
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
    }),

  orders: at("write", null, "What clients ask of an attempt that holds a model; waits a while for something")
    .input(
      z.object({
        attemptId: z.string().max(40),
        seen: z.array(z.string().max(100)).max(1000).describe("orders that it has; others are sent again"),
        waitMs: z.int().min(0).max(LONGEST_WAIT_MS),
      }),
    )
    .mutation(async ({ ctx, input: { attemptId, ...asked }, signal }) => {
      const attempt = { attemptId, runId: await liveRunOf(ctx.db, attemptId) };
      return {
        orders: await ctx.playground.orders(attempt, { ...asked, signal: signal ?? new AbortController().signal }),
      };
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
      const runId = ctx.playground.runOf(attemptId) ?? (await liveRunOf(ctx.db, attemptId));
      return ctx.playground.deliver({ attemptId, runId }, sequence, chunks);
    }),

  blobs: at("write", null, "Which of these are in the store")
    .input(z.object({ hashes: z.array(Sha256).max(10_000) }))
    .mutation(async ({ ctx, input }) => ({ known: await presentBlobs(ctx, input.hashes) })),
});

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
