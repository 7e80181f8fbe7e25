import { join } from "node:path";
import { createRandom } from "@uniarm/core";
import { temporaryFolder, writeTinyModel } from "@uniarm/core/testing";
import { PlaygroundJob, type JobReport } from "@uniarm/pipeline/schema";
import { expect, test } from "vitest";
import { playgroundJob } from "../src/job/playground.ts";

test("a playground that is told to give its slot away ends, and says why", async () => {
  const folder = await temporaryFolder();
  try {
    const model = join(folder.path, "model");
    await writeTinyModel(model, { random: createRandom(0) });
    let say = (_line: string): void => undefined;
    const job = playgroundJob({
      kind: "playground",
      config: PlaygroundJob.parse({ model }),
      signal: new AbortController().signal,
      onLine: (listener) => (say = listener),
      snapshot: () => Promise.resolve({}),
    });
    const reports: JobReport[] = [];
    for await (const report of job) {
      reports.push(report);
      if (report.type === "ready") say(JSON.stringify({ type: "release" }));
    }
    expect(reports).toEqual([
      { type: "ready" },
      { type: "ended", end: "SUCCEEDED", reason: "it gave its slot to a run that waited" },
    ]);
  } finally {
    await folder.remove();
  }
});
