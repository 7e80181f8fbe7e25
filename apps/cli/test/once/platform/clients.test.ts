import { spawnSync } from "node:child_process";
import { readdir, readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openClient, untilEnded } from "@uniarm/client";
import { hashFile } from "@uniarm/client/files";
import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import { tinyWorldRecipe } from "@uniarm/tiny-world/schema";
import { runCli } from "../../run-cli.ts";
import { startPlatform, untilRun, type Platform } from "./platform.ts";
import { uniarm } from "./uniarm.ts";

const API_README = fileURLToPath(import.meta.resolve("@uniarm/api/README.md"));
const hasPython = spawnSync("python3", ["--version"], { stdio: "ignore" }).status === 0;
const CLIENT = join(import.meta.dirname, "../../../../../packages/client");
let platform: Platform;
let key: string;
/** what programs read of their server */
let env: NodeJS.ProcessEnv;

beforeAll(async () => {
  platform = await startPlatform({ flags: ["--slots", "2"] });
  key = (await readFile(join(platform.folder, "local-key"), "utf8")).trim();
  env = { ...process.env, UNIARM_SERVER: platform.url, UNIARM_KEY: key };
});
afterAll(async () => {
  await platform.stop();
  await platform.remove();
});

// the first that launches the quick study makes it; the others are given its outputs
test.runIf(hasPython)(
  "the Python example of the api's README launches the quick study, follows it and prints its fronts (skipped without python3: apt-get install python3)",
  async () => {
    const [, example] = /```python\n([\s\S]*?)```/.exec(await readFile(API_README, "utf8"))!;
    const { status, stdout, stderr } = spawnSync("python3", ["-"], { env, input: example, encoding: "utf8" });
    expect(status, stderr).toBe(0);
    expect(stdout).toMatch(/^templates: .*quick/);
    expect(stdout).toMatch(/SUCCEEDED (\d+) of \1 runs/);
    expect(stdout).toMatch(/hypervolume \d\.\d+\n {2}preference \[0/);
    expect(stdout).toMatch(/loss \[\d/);
  },
);

test("a study gives the same bytes on a platform and in one process without a server", async () => {
  const { config: quick } = STUDY_TEMPLATES.find(({ name }) => name === "quick")!;
  const exploration = { rounds: 1, roundSteps: 3, roundPrompts: 4, roundSamples: 1, validationDivisions: 1 };
  const training = { ...tinyWorldRecipe("uniarm", { recipe: "imitation", steps: 5 }), exploration };
  const config = { ...quick, methods: [...quick.methods, { name: "rounds", training }], divisions: 4 };
  const { id } = await platform.call<{ id: string }>("POST", "/api/runs", { kind: "study", config });
  const study = await untilRun(platform, id);
  expect(study.state).toBe("SUCCEEDED");
  const output = join(platform.folder, "here");
  const file = join(platform.folder, "study.json");
  await writeFile(file, JSON.stringify(config));
  const here = await runCli(["study", "run", file, "--output", output]);
  expect(here.code, here.stderr).toBe(0);
  const compared = [
    ["pairs", "pairs", "pairs.jsonl"],
    ["uniarm/decode", "generations", "generations.jsonl"],
    ["uniarm/score", "scores", "scores.jsonl"],
    ["base/evaluate", "report", "report.json"],
    ["uniarm/evaluate", "report", "report.json"],
    ["rounds/decode", "generations", "generations.jsonl"],
    ["rounds/evaluate", "report", "report.json"],
    ["compare", "comparison", "comparison.json"],
  ] as const;
  for (const [node, name, file] of compared) {
    const run = study.children.find((child) => child.name === node)!.id;
    expect(await storedText(run, name), node).toBe(await readFile(join(output, node, file), "utf8"));
  }
});

/** The only file of an artifact. */
async function storedText(run: string, artifact: string): Promise<string> {
  const { artifacts } = await openClient({ url: platform.url, key }).api.artifacts.list.query({ id: run });
  const [file] = artifacts.find(({ name }) => name === artifact)!.files;
  const answer = await fetch(`${platform.url}/api/blobs/${file!.sha256}`, { headers: platform.headers });
  return answer.text();
}

test("the example of the client's README launches a study, follows it and reads its fronts", async () => {
  const program = join(CLIENT, `readme-${process.pid}.mjs`); // beside the package's sources, which it finds by name
  await writeFile(program, /```js\n([\s\S]*?)```/.exec(await readFile(join(CLIENT, "README.md"), "utf8"))![1]!);
  try {
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
