import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  endOf,
  endsOf,
  expectEachStepOnce,
  expectSameAsHere,
  isAtWork,
  jobOf,
  launchSleep,
  pidOf,
  until,
} from "./queued-runs.ts";
import { onSlurm, openSlurmSite, withoutSlurm, type SlurmSite } from "./slurm-site.ts";
import type { RunView } from "./platform.ts";

/** What a run is launched with, and what its job then asks for. */
const LABELS = { huge: { cpus: 9 }, refused: { memory: "900G" }, held: { lines: ["--hold"] } };

describe.skipIf(withoutSlurm !== null)(onSlurm, () => {
  let site: SlurmSite;
  beforeAll(async () => {
    site = await openSlurmSite({ settings: { labels: LABELS } });
  });
  afterAll(async () => site.stop());

  /** They wait most of the time, for Slurm. */
  describe.concurrent("at once", { timeout: 900_000 }, () => {
    test("a study's files are those of one process byte for byte, though its jobs have no network", async () => {
      const { config } = STUDY_TEMPLATES.find(({ name }) => name === "quick")!;
      await expectSameAsHere(site, { ...config, baseWeights: "float32", unguided: false, decodeShards: 2 });
    });

    test("a playground is not taken: whoever asks hears that no worker there can answer", async () => {
      const { url, headers } = site.platform;
      const client = new AbortController();
      const answer = await fetch(`${url}/api/generate`, {
        method: "POST",
        headers: { ...headers, "content-type": "application/json" },
        body: JSON.stringify({ prompt: "Hello?", model: "tiny-world:quick" }),
        signal: client.signal,
      });
      let text = "";
      for await (const more of answer.body!.pipeThrough(new TextDecoderStream())) {
        text += more;
        if (text.includes("takes no playgrounds: jobs that wait in a cluster's queue cannot answer")) break;
      }
      client.abort();
      const run = /"run":"(\w+)"/.exec(text)![1]!;
      expect((await site.platform.insist<RunView>("GET", `/api/runs/${run}`)).attempts).toEqual([]);
    });

    test("what never can begin ends with Slurm's sentence; what is held says how to let it go, and runs then", async () => {
      const ids = await Promise.all(Object.keys(LABELS).map((label) => launchSleep(site, 2, label)));
      const [huge, refused, held] = ids as [string, string, string];
      const waiting = await until(site, held, ({ reason }) => reason.includes("held"));
      expect(waiting.reason).toMatch(/^Slurm job \d+ is held \(JobHeldUser\); let it go: scontrol release \d+$/);
      site.cluster.command("scontrol", "release", jobOf(waiting));
      expect(endsOf(await until(site, held))).toEqual(["SUCCEEDED"]);
      expect(endOf(await until(site, huge))).toMatch(/^FAILED Slurm will never start job \d+ \(PartitionConfig\)/);
      expect(endOf(await until(site, refused))).toMatch(
        /^FAILED Slurm refuses the job: Memory specification can not be satisfied.*memory 900G/,
      );
    });

    test("scancel from outside, a cancel from here and a kill -9 end or resume a run, and no step is done twice", async () => {
      const [outside, here, killed] = await Promise.all([400, 400, 40].map((steps) => launchSleep(site, steps)));
      await Promise.all([
        until(site, outside!, isAtWork).then((run) => site.cluster.command("scancel", jobOf(run))),
        until(site, here!, isAtWork).then(({ id }) => site.platform.insist("POST", `/api/runs/${id}/cancel`)),
        until(site, killed!, isAtWork).then((run) => process.kill(pidOf(run), "SIGKILL")),
      ]);
      const gone = await until(site, outside!);
      expect(endOf(gone)).toMatch(/^CANCELLED Slurm job [\d_]+ was cancelled in Slurm, not here$/);
      expect(gone.checkpoints.length).toBe(1); // it had the time to save
      const cancelled = await until(site, here!);
      expect(endOf(cancelled)).toBe("CANCELLED cancelled");
      expect(cancelled.checkpoints.length).toBe(1);
      const again = await until(site, killed!);
      expect(endsOf(again)).toEqual(["LOST", "SUCCEEDED"]);
      expect(again.attempts[0]!.reason).toMatch(/SIGKILL/);
      await expectEachStepOnce(site, killed!, 40);
    });

    test("jobs go on while their worker is dead, and the next one finds them", async () => {
      const ids = await Promise.all([launchSleep(site, 60), launchSleep(site, 60)]);
      await Promise.all(ids.map((id) => until(site, id, isAtWork)));
      await site.killWorker();
      site.startWorker();
      for (const id of ids) {
        expect(endsOf(await until(site, id))).toEqual(["SUCCEEDED"]);
        await expectEachStepOnce(site, id, 60);
      }
    });
  });

  test("no attempt was carried out twice", () => {
    const ran = site.executions.attempts();
    expect(ran.length).toBe(new Set(ran).size);
  });
});
