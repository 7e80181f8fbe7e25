import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { filesBelow } from "@uniarm/pipeline";
import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli, type Finished } from "../run-cli.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "uniarm-study-"));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

/** The quick study as a file, with changes. */
async function studyFile(name: string, changes: object = {}): Promise<string> {
  const path = join(folder, `${name}.json`);
  const { config } = STUDY_TEMPLATES.find((template) => template.name === "quick")!;
  await writeFile(path, JSON.stringify({ ...config, ...changes }));
  return path;
}

const run = (file: string, output: string): Promise<Finished> => runCli(["study", "run", file, "--output", output]);

/** Runs it until it says something of a node, then ends it at once. */
async function killedAt(node: string, file: string, output: string): Promise<Finished> {
  let killed = false;
  return runCli(["study", "run", file, "--output", output, "--json"], (printed, kill) => {
    if (killed || !printed.includes(`{"node":"${node}"`)) return;
    killed = true;
    kill("SIGKILL");
  });
}

/** What a study made, by path; of training the newest ARM. */
async function madeIn(output: string): Promise<Record<string, string>> {
  const made = filesBelow(output).filter((path) =>
    /(pairs|generations|scores)\.jsonl$|report\.json$|(comparison|methods)\.json$|step-000020\/adapter\.safetensors$/.test(
      path,
    ),
  );
  return Object.fromEntries(
    await Promise.all(made.map(async (path) => [path.slice(output.length), await readFile(path, "latin1")] as const)),
  );
}

describe("uniarm study run", () => {
  test("makes a study without a server and prints its methods side by side; a second call does nothing again", async () => {
    const file = await studyFile("quick");
    const first = await run(file, join(folder, "calm"));
    expect(first.code, first.stderr).toBe(0);
    expect(first.stdout).toMatch(/^ *base .*\nuniarm /m);
    const again = await run(file, join(folder, "calm"));
    expect(again.code).toBe(0);
    expect(again.stdout).toBe(first.stdout);
    expect(again.stderr).toContain("uniarm/train was done before");
  });

  test("killed at every stage, the same command ends with the bytes of an undisturbed run", async () => {
    const file = await studyFile("quick");
    const output = join(folder, "killed");
    const stages = [
      "pairs",
      "base/decode",
      "uniarm/train",
      "uniarm/decode",
      "uniarm/score",
      "uniarm/evaluate",
      "compare",
    ];
    for (const node of stages) expect((await killedAt(node, file, output)).code, node).toBeNull();
    const last = await run(file, output);
    expect(last.code, last.stderr).toBe(0);
    const made = await madeIn(output);
    expect(Object.keys(made)).toHaveLength(10);
    expect(made).toEqual(await madeIn(join(folder, "calm")));
  });

  test("stopped by Ctrl-C says how to go on, with its own exit code", async () => {
    const file = await studyFile("stopped", { seed: 1 });
    let sent = false;
    const output = join(folder, "stopped");
    const stopped = await runCli(["study", "run", file, "--output", output], (printed, kill) => {
      if (sent || !printed.includes("uniarm/train ")) return;
      sent = true;
      kill("SIGINT");
    });
    expect(stopped.code).toBe(130);
    expect(stopped.stderr).toContain("The same command continues");
    expect((await run(file, output)).code).toBe(0);
  });

  test("refuses a folder that holds another study, and a study that does not fit, before anything is done", async () => {
    const other = await run(await studyFile("other", { seed: 9 }), join(folder, "calm"));
    expect(other.code).toBe(2);
    expect(other.stderr).toContain("holds another study, or one with other settings");
    const wrong = await run(
      await studyFile("wrong", { methods: [{ name: "a", training: { stepz: 3 } }] }),
      join(folder, "w"),
    );
    expect(wrong.code).toBe(2);
    expect(wrong.stderr).toContain(
      "methods[0].training.stepz: there is no such setting; did you mean methods[0].training.steps?",
    );
  });

  test("names what only a server has", async () => {
    const task = {
      type: "files",
      objectives: [{ name: "a", description: "a" }],
      pairs: "dataset:mine",
      prompts: "prompts.jsonl",
      rewardModels: [{ objective: "a", model: "m" }],
      normaliser: { nadir: [0], ideal: [1] },
      referencePoint: [0],
    };
    const { code, stderr } = await run(await studyFile("remote", { task, unguided: false }), join(folder, "remote"));
    expect(code).toBe(2);
    expect(stderr).toContain("uniarm/train reads dataset:mine, which only a server has. Write the path of a file");
  });
});

test("uniarm study show prints a template that study run takes", async () => {
  const { stdout } = await runCli(["study", "show", "quick"]);
  expect(JSON.parse(stdout)).toEqual(STUDY_TEMPLATES.find(({ name }) => name === "quick")!.config);
  expect((await runCli(["study", "ls"])).stdout).toContain("methods");
});
