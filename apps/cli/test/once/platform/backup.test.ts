import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { afterEach, expect, test } from "vitest";
import { runCli } from "../../run-cli.ts";
import { startPlatform, temporaryFolder, type Platform, type RunView } from "./platform.ts";
import { uniarm } from "./uniarm.ts";

const WRITER = join(import.meta.dirname, "writer.ts");

interface Answered {
  runId: string;
  last: number;
  sha256: string;
  answeredAt: number;
}

interface Writer {
  process: ChildProcess;
  answered: Answered[];
  /** Resolves when it was answered so often, from now on. */
  more: (answers: number) => Promise<void>;
}

const writers: Writer[] = [];
const platforms: Platform[] = [];
afterEach(async () => {
  for (const writer of writers.splice(0)) writer.process.kill("SIGKILL");
  for (const platform of platforms.splice(0)) await platform.stop().then(platform.remove);
});

function startWriter({ url }: Platform, key: string, name: string): Writer {
  const child = spawn(process.execPath, [WRITER, url, key, name], { stdio: ["ignore", "pipe", "inherit"] });
  const answered: Answered[] = [];
  const lines = createInterface({ input: child.stdout });
  lines.on("line", (line) => answered.push(JSON.parse(line) as Answered));
  const more = async (answers: number): Promise<void> => {
    const wanted = answered.length + answers;
    while (answered.length < wanted) {
      if (child.exitCode !== null) throw new Error(`Writer ${name} ended by itself; what it said stands above.`);
      await Promise.race([once(lines, "line"), once(child, "exit")]);
    }
  };
  const writer = { process: child, answered, more };
  writers.push(writer);
  return writer;
}

async function start(folder?: string): Promise<Platform> {
  const platform = await startPlatform({ flags: ["--no-worker"], ...(folder === undefined ? {} : { folder }) });
  platforms.push(platform);
  return platform;
}

test("a backup while four clients write has every point and file that was answered before it", async () => {
  const first = await start();
  const four = ["a", "b", "c", "d"].map((name) => startWriter(first, first.adminKey!, name));
  await Promise.all(four.map(async ({ more }) => more(5)));
  const elsewhere = await temporaryFolder();
  const [backup, data] = [join(elsewhere, "backup"), join(elsewhere, "data")];
  const made = await runCli(["backup", backup, "--data", first.folder, "--json"]);
  expect(made.code, made.stderr).toBe(0);
  const { takenAt } = JSON.parse(made.stdout) as { takenAt: string };
  const before = four.map(({ answered }) => answered.filter(({ answeredAt }) => answeredAt < Date.parse(takenAt)));
  expect(Math.min(...before.map((answers) => answers.length))).toBeGreaterThanOrEqual(5);
  await Promise.all(four.map(async ({ more }) => more(1))); // they were not held up for good
  const wroteMeanwhile = four.map(({ answered }) => answered.length);
  expect(wroteMeanwhile.every((count, index) => count > before[index]!.length)).toBe(true);
  for (const writer of writers.splice(0)) writer.process.kill("SIGKILL");
  await first.stop();
  await first.remove(); // what follows has the backup alone
  platforms.pop();

  const restored = uniarm("", ["restore", backup, "--data", data]);
  expect(restored.code, restored.err).toBe(0);
  expect(restored.out).toContain("4 runs, which go on with the first worker");
  const second = await start(data);
  for (const answers of before) {
    const { runId, last } = answers.at(-1)!;
    const path = `/api/metrics/history?runs=${runId}&keys=root&points=20000`;
    const { series } = await second.call<{ series: { step: number[]; value: number[] }[] }>("GET", path);
    const { step, value } = series[0]!;
    expect(step.length).toBeGreaterThan(last);
    expect(step).toEqual(step.map((_, index) => index));
    expect(value).toEqual(step.map(Math.sqrt));
    const { checkpoints } = await second.call<{ checkpoints: { files: { sha256: string }[] }[] }>(
      "GET",
      `/api/runs/${runId}/checkpoints`,
    );
    const files = checkpoints.flatMap((checkpoint) => checkpoint.files.map(({ sha256 }) => sha256));
    expect(files).toEqual(expect.arrayContaining(answers.map(({ sha256 }) => sha256)));
    for (const sha256 of files) {
      const answer = await fetch(`${second.url}/api/blobs/${sha256}`, { headers: second.headers });
      const content = new Uint8Array(await answer.arrayBuffer());
      expect(createHash("sha256").update(content).digest("hex")).toBe(sha256);
    }
  }
  const known = await fetch(`${second.url}/api/runs`, { headers: { authorization: `Bearer ${first.adminKey}` } });
  expect(known.status).toBe(200);
  expect(second.adminKey).toBeNull();
});

test("a platform that is stopped is backed up, too, and one that is not there is named", async () => {
  const platform = await start();
  const { id } = await platform.call<{ id: string }>("POST", "/api/runs", { kind: "sleep", name: "kept" });
  await platform.stop();
  const elsewhere = await temporaryFolder();
  const [backup, data] = [join(elsewhere, "backup"), join(elsewhere, "data")];
  const made = uniarm(platform.folder, ["backup", backup]);
  expect(made.code, made.err).toBe(0);
  expect(made.err).toMatch(/database +\d+\/\d+ rows/);
  expect(uniarm(data, ["restore", backup]).code).toBe(0);
  const again = uniarm(data, ["restore", backup, "--json"]);
  expect(again.code).toBe(2);
  expect(JSON.parse(again.out)).toMatchObject({ type: "error", code: "platform-not-empty" });
  const second = await start(data);
  expect(await second.call<RunView>("GET", `/api/runs/${id}`)).toMatchObject({ name: "kept" });
  const into = uniarm(data, ["restore", backup]);
  expect(into.err).toContain(`Another \`uniarm serve\` works with the data folder ${data}`);
  const none = uniarm(join(elsewhere, "none"), ["backup", backup]);
  expect(none.code).toBe(2);
  expect(none.err).toContain("Name the platform's data folder with --data");
  await second.stop(); // it writes into the folder
  await rm(elsewhere, { recursive: true, force: true });
});
