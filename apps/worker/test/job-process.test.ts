import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterEach, beforeEach, expect, test } from "vitest";
import { spawnJob, type JobProcess } from "../src/launcher/job-process.ts";
import { JOB } from "../src/launcher/local-process.ts";

let folder: string;
let remove: () => Promise<void>;
beforeEach(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterEach(async () => remove());

/** Starts a program of its own as a job. */
async function submit(program: string): Promise<JobProcess & { lines: string[]; output: string[] }> {
  const path = join(folder, "job.mjs");
  await writeFile(
    path,
    `import { writeSync } from "node:fs";\nconst tell = (line) => writeSync(3, line + "\\n");\n${program}`,
  );
  const handle = spawnJob(path, { folder, environment: { UNIARM_ORIGIN: "/origin" } });
  const [lines, output]: [string[], string[]] = [[], []];
  handle.onOutput((stream, text) => output.push(`${stream}: ${text}`));
  void (async () => {
    for await (const line of handle.reports) lines.push(line);
  })();
  return { ...handle, lines, output };
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

test("a job works in its folder, reports lines, prints, and ends with its code", async () => {
  const { exited, lines, output } = await submit(`
    tell(JSON.stringify([process.cwd(), process.env.UNIARM_ORIGIN]));
    console.log("printed");
    console.error("complained");
    process.exitCode = 3;
  `);
  expect(await exited).toEqual({ code: 3, signal: null });
  await expect.poll(() => lines).toEqual([JSON.stringify([folder, "/origin"])]);
  expect(output.sort()).toEqual(["stderr: complained\n", "stdout: printed\n"]);
});

test("a job reads what it is sent, line by line; what comes after its end is dropped", async () => {
  const { send, exited, lines } = await submit(`
    const { createInterface } = await import("node:readline");
    for await (const line of createInterface({ input: process.stdin })) {
      tell("heard " + line);
      if (line === "end") process.exit(0);
    }
  `);
  send("one\ntwo");
  send("end");
  expect(await exited).toEqual({ code: 0, signal: null });
  send("too late");
  await expect.poll(() => lines).toEqual(["heard one", "heard two", "heard end"]);
});

test("a job that is cancelled has time to save, and ends by itself", async () => {
  const { cancel, exited, lines } = await submit(`
    process.on("SIGTERM", () => setTimeout(() => { tell("saved"); process.exit(0); }, 50));
    setInterval(() => {}, 1000);
    tell("ready");
  `);
  await expect.poll(() => lines).toEqual(["ready"]);
  cancel(20_000);
  expect(await exited).toEqual({ code: 0, signal: null });
  expect(lines).toEqual(["ready", "saved"]);
});

test("a job that ignores SIGTERM is killed when its grace is over", async () => {
  const { cancel, exited, lines } = await submit(`
    process.on("SIGTERM", () => tell("ignored"));
    setInterval(() => {}, 1000);
    tell("ready");
  `);
  await expect.poll(() => lines).toEqual(["ready"]);
  const asked = Date.now();
  cancel(300);
  cancel(60_000); // asked again: the first grace counts
  expect(await exited).toEqual({ code: null, signal: "SIGKILL" });
  expect(Date.now() - asked).toBeGreaterThanOrEqual(290);
  expect(lines).toContain("ignored");
});

test("a job that is killed says by which signal, and can be killed again", async () => {
  const { kill, pid, exited } = await submit("setInterval(() => {}, 1000);");
  kill();
  expect(await exited).toEqual({ code: null, signal: "SIGKILL" });
  kill();
  expect(isAlive(pid!)).toBe(false);
});

test("a program that cannot be started is an exit, not an error", async () => {
  const handle = spawnJob(join(folder, "job.mjs"), { folder: join(folder, "absent"), environment: {} });
  expect((await handle.exited).code ?? 0).not.toBe(1);
  expect(handle.pid).toBeNull();
});

test("the worker's own job counts, and is found by its kind", async () => {
  await mkdir(join(folder, "work"));
  const job = { kind: "sleep", config: { steps: 2, stepMs: 1 }, step: null, inputs: {}, datasets: [] };
  await writeFile(join(folder, "work/job.json"), JSON.stringify(job));
  const handle = spawnJob(JOB, { folder: join(folder, "work"), environment: {} });
  const reports: { type: string; end?: string }[] = [];
  for await (const line of handle.reports) reports.push(JSON.parse(line) as { type: string });
  expect(await handle.exited).toEqual({ code: 0, signal: null });
  expect(reports.at(-1)).toMatchObject({ type: "ended", end: "SUCCEEDED" });
  expect(await readFile(join(folder, "work/output/count.txt"), "utf8")).toBe("2");
});
