import { spawnSync } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openClient, untilEnded } from "@uniarm/client";
import { hashFile } from "@uniarm/client/files";
import { startPlatform, type Platform } from "./platform.ts";
import { uniarm } from "./uniarm.ts";

const CLIENT = join(import.meta.dirname, "../../../../../packages/client");
let platform: Platform;
let key: string;

beforeAll(async () => {
  platform = await startPlatform({ flags: ["--slots", "2"] });
  key = (await readFile(join(platform.folder, "local-key"), "utf8")).trim();
});
afterAll(async () => {
  await platform.stop();
  await platform.remove();
});

test("the example of the client's README launches a study, follows it and reads its fronts", async () => {
  const program = join(CLIENT, `readme-${process.pid}.mjs`); // beside the package's sources, which it finds by name
  await writeFile(program, /```js\n([\s\S]*?)```/.exec(await readFile(join(CLIENT, "README.md"), "utf8"))![1]!);
  try {
    const env = { ...process.env, UNIARM_SERVER: platform.url, UNIARM_KEY: key };
    const { status, stdout, stderr } = spawnSync(process.execPath, [program], { cwd: CLIENT, env, encoding: "utf8" });
    expect(status, stderr).toBe(0);
    expect(stdout).toContain("from a program SUCCEEDED");
    expect(stdout).toMatch(/^uniarm \d\.\d{3}$/m); // a front with its hypervolume
  } finally {
    await rm(program, { force: true });
  }
});

test("a run is followed live, through its end, with a key in a header", async () => {
  const client = openClient({ url: platform.url, key });
  const { id } = await client.api.runs.launch.mutate({ kind: "sleep", config: { steps: 20, stepMs: 20 } });
  const types = new Set<string>();
  const sequences: number[] = [];
  const run = await untilEnded(client, id, {
    onChange: ({ type, sequence }) => {
      types.add(type);
      sequences.push(sequence);
    },
  });
  expect(run.state).toBe("SUCCEEDED");
  expect([...types]).toEqual(expect.arrayContaining(["state", "attempt", "metrics", "artifact"]));
  expect(sequences).toEqual(Array.from({ length: run.eventSequence }, (_, index) => index + 1));
});

test("a run is exported as a folder, with the files that its hashes promise", async () => {
  const client = openClient({ url: platform.url, key });
  const { id } = await client.api.runs.launch.mutate({ kind: "sleep", config: { steps: 6, stepMs: 1 } });
  await untilEnded(client, id);
  const folder = join(platform.folder, "exported");
  const { code, out } = uniarm(platform.folder, ["runs", "export", id, "--output", folder]);
  expect(code).toBe(0);
  const { artifacts } = await client.api.artifacts.list.query({ id });
  const { checkpoints } = await client.api.checkpoints.list.query({ id });
  const stored = [
    ...artifacts.flatMap(({ name, files }) => files.map((file) => ({ ...file, at: join("outputs", name, file.path) }))),
    ...checkpoints.at(-1)!.files.map((file) => ({ ...file, at: join("checkpoint", file.path) })),
  ];
  expect(out).toBe(`${3 + stored.length} files in ${folder}\n`);
  for (const { at, sha256, size } of stored) expect(await hashFile(join(folder, at))).toEqual({ sha256, size });
  expect((await readdir(folder)).sort()).toEqual(["checkpoint", "log.txt", "metrics.csv", "outputs", "run.json"]);
});
