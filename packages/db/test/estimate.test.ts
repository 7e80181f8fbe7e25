import { PairsJob, SleepJob, type WorkKind } from "@uniarm/pipeline/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { claim, endAttempt, estimateRuns, launchRun, recordEvents } from "../src/index.ts";
import { numbered, poolOf, someWorker, temporaryDatabase, type TemporaryDatabase } from "../src/testing/index.ts";

let temporary: TemporaryDatabase;
beforeAll(async () => {
  temporary = await temporaryDatabase();
});
afterAll(async () => temporary.close());

/** A run that took so long, and so much memory. */
async function ended(
  config: object,
  { seconds, memoryMb }: { seconds: number; memoryMb: number },
  kind: "pairs" | "decode" = "pairs",
) {
  const { db, projectId } = temporary;
  await launchRun(db, {
    projectId,
    kind,
    name: kind,
    labels: ["estimate"],
    useCache: false,
    config: kind === "pairs" ? PairsJob.parse(config) : config,
  });
  const { attemptId } = (await claim(db, someWorker("estimate")))!;
  await recordEvents(
    db,
    attemptId,
    numbered([{ type: "metric", step: 1, values: { "system/peakMemoryMb": memoryMb } }]),
  );
  await endAttempt(db, { attemptId, end: "SUCCEEDED", reason: "", exit: { code: 0, signal: null }, lastSequence: 1 });
  await poolOf(db).query(`UPDATE "Attempt" SET "startedAt" = "endedAt" - make_interval(secs => $2) WHERE id = $1`, [
    attemptId,
    seconds,
  ]);
}

const estimateOf = async (kind: WorkKind, config: unknown) =>
  (await estimateRuns(temporary.db, [{ kind, config }]))[0]!;

describe("what a run is likely to take", () => {
  test("is not known before one of its kind has ended", async () => {
    expect(await estimateOf("sleep", SleepJob.parse({}))).toEqual({
      runs: 0,
      isSameModel: false,
      isScaled: false,
      seconds: null,
      peakMemoryMb: null,
    });
  });

  test("comes from runs of the same base model, scaled by how much there is to do", async () => {
    await ended({ model: "tiny-world:default", pairs: 1000 }, { seconds: 10, memoryMb: 500 });
    await ended({ model: "tiny-world:default", pairs: 2000 }, { seconds: 40, memoryMb: 700 });
    await ended({ model: "tiny-world:default", pairs: 2000 }, { seconds: 24, memoryMb: 600 });
    await ended({ model: "/models/large", pairs: 1000 }, { seconds: 9000, memoryMb: 9000 });
    const estimate = await estimateOf("pairs", PairsJob.parse({ pairs: 4000 }));
    expect(estimate).toMatchObject({ runs: 3, isSameModel: true, isScaled: true, peakMemoryMb: 700 });
    // 10 s for 1,000 and 40 s, 24 s for 2,000 are 40 s, 80 s, 48 s for 4,000
    expect(estimate.seconds!.least).toBeCloseTo(40, 3);
    expect(estimate.seconds!.median).toBeCloseTo(48, 3);
    expect(estimate.seconds!.most).toBeCloseTo(80, 3);
  });

  test("says so when only runs of other models are there, and takes a config that is half filled in", async () => {
    expect(await estimateOf("pairs", { model: "/models/other" })).toMatchObject({
      runs: 4,
      isSameModel: false,
      isScaled: true,
      peakMemoryMb: 9000,
    });
    expect(await estimateOf("pairs", { model: 1, pairs: "many" })).toMatchObject({ isScaled: false });
    await ended({ decoding: { model: "m", prompts: "tiny-world:8" } }, { seconds: 10, memoryMb: 1 }, "decode");
    for (const prompts of ["dataset:", "datset:x", 3])
      expect(await estimateOf("decode", { decoding: { prompts } })).toMatchObject({ runs: 1, isScaled: false });
  });
});
