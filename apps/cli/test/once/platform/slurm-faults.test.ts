import { execFileSync } from "node:child_process";
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
  parentOf,
  pidOf,
  until,
} from "./queued-runs.ts";
import { canUnshare, onSlurm, openSlurmSite, withoutSlurm, type SlurmSite } from "./slurm-site.ts";

/** Long ones, which wait for Slurm's own times; a short form of them is always run: slurm.test.ts. */
const isLeftOut = withoutSlurm !== null || process.env.UNIARM_CHAOS !== "full";

describe.skipIf(isLeftOut)(`faults ${onSlurm}`, { timeout: 900_000 }, () => {
  let site: SlurmSite;
  beforeAll(async () => {
    site = await openSlurmSite({ settings: { labels: { short: { time: "1" }, late: { lines: ["--begin=now+20"] } } } });
  });
  afterAll(async () => site.stop());

  const atWork = async (steps: number, label?: string) => until(site, await launchSleep(site, steps, label), isAtWork);

  test("two methods, two seeds and four parts of decoding give the files of one process", async () => {
    const { config } = STUDY_TEMPLATES.find(({ name }) => name === "quick")!;
    const [method] = config.methods as [object];
    const methods = [method, { ...method, name: "other" }];
    await expectSameAsHere(site, { ...config, methods, seeds: [0, 1], baseWeights: "float32", decodeShards: 4 });
  });

  test("jobs that come near their time limit save, and go on in others without a loss", async () => {
    const id = await launchSleep(site, 300, "short");
    const run = await until(site, id);
    expect(endOf(run)).toBe("SUCCEEDED");
    expect(new Set(endsOf(run))).toEqual(new Set(["DRAINED", "SUCCEEDED"]));
    expect(run.attempts[0]!.reason).toMatch(/^the time limit of Slurm job [\d_]+ came near: it saved/);
    await expectEachStepOnce(site, id, 300);
  });

  test("a job that makes room for a more urgent one is resumed, without a loss", async () => {
    const { id } = await atWork(80);
    site.cluster.command("sbatch", "-p", "urgent", "-N2", "-c2", "--mem=3000", "--output=/dev/null", "--wrap=sleep 2");
    const run = await until(site, id);
    expect(endsOf(run)).toEqual(["DRAINED", "SUCCEEDED"]);
    expect(run.attempts[0]!.reason).toMatch(/^Slurm job [\d_]+ made room for a more urgent one$/);
    await expectEachStepOnce(site, id, 80);
  });

  test.each([
    ["a node that dies with its job", true],
    ["a node that Slurm loses, and whose job works on without knowing", false],
  ])("%s gives the run to another one, and no step is recorded twice", async (_, isJobKilled) => {
    const steps = isJobKilled ? 80 : 320; // the latter works longer than Slurm waits for its node; else its own end would count
    const run = await atWork(steps);
    const node = site.cluster.command("squeue", "--noheader", `--job=${jobOf(run)}`, "--format=%N").trim();
    const [main, writer] = [pidOf(run), pidOf(run, "on-node")];
    const stepd = parentOf(writer);
    await site.cluster.kill(`slurmd-${node}`);
    if (isJobKilled) for (const pid of [stepd, writer, main]) process.kill(pid, "SIGKILL");
    const again = await until(site, run.id);
    site.cluster.startNode(node);
    expect(endsOf(again)).toEqual(["LOST", "SUCCEEDED"]);
    expect(again.attempts[0]!.reason).toMatch(/^the node of Slurm job [\d_]+ failed/);
    await expectEachStepOnce(site, run.id, steps);
  });

  test("slurmctld that is killed after a submission, with the submission or without, costs no run", async () => {
    const { id } = await atWork(120);
    const later = await launchSleep(site, 4, "late");
    await until(site, later, ({ reason }) => reason.startsWith("waits in Slurm"));
    await site.cluster.kill("slurmctld");
    const meanwhile = await launchSleep(site, 4);
    site.cluster.startController();
    for (const one of [id, later, meanwhile]) expect(endOf(await until(site, one))).toBe("SUCCEEDED");
    await expectEachStepOnce(site, id, 120);
  });

  test("the server and its database, killed while jobs run, lose nothing", async () => {
    const { id } = await atWork(80);
    for (const name of ["api", "postgres"]) {
      const pid = site.platform.pids[name]!;
      process.kill(pid, "SIGKILL");
      await until(site, id, () => true); // it answers again
    }
    const run = await until(site, id);
    expect(endsOf(run)).toEqual(["SUCCEEDED"]);
    await expectEachStepOnce(site, id, 80);
  });

  test("jobs wait for nodes that are drained, say so, and begin when they are back", async () => {
    site.cluster.command("scontrol", "update", "nodename=n1,n2", "state=drain", "reason=test");
    const id = await launchSleep(site, 2);
    await until(site, id, ({ reason }) => reason.includes("waits for nodes that are down"));
    site.cluster.command("scontrol", "update", "nodename=n1,n2", "state=resume");
    expect(endOf(await until(site, id))).toBe("SUCCEEDED");
  });

  test("a worker that is stopped leaves its jobs, and the next one goes on with them", async () => {
    const { id } = await atWork(80);
    await site.stopWorker();
    expect(site.said()).toMatch(/jobs go on without this worker: start it again within 30 minutes/);
    execFileSync("sleep", ["3"]);
    site.startWorker();
    const run = await until(site, id);
    expect(endsOf(run)).toEqual(["SUCCEEDED"]);
    await expectEachStepOnce(site, id, 80);
  });

  test("a worker on another login node takes over the jobs of one that is dead", async (context) => {
    if (!canUnshare("--pid")) context.skip("this user may not make namespaces, which stand for another machine here");
    const { id } = await atWork(160);
    await site.killWorker();
    site.startWorker(["unshare", "--pid", "--fork", "--mount-proc", "--kill-child"]);
    const run = await until(site, id);
    expect(endsOf(run)).toEqual(["SUCCEEDED"]);
    await expectEachStepOnce(site, id, 160);
  });

  test("no attempt was carried out twice", () => {
    const ran = site.executions.attempts();
    expect(ran.length).toBe(new Set(ran).size);
  });
});
