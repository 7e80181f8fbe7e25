import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { STUDY_TEMPLATES } from "@uniarm/pipeline/schema";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "../../run-cli.ts";
import { startPlatform, untilRun, type Platform } from "./platform.ts";

let platform: Platform;
beforeAll(async () => {
  platform = await startPlatform();
});
afterAll(async () => {
  await platform.stop();
  await platform.remove();
});

interface Stored {
  artifacts: { name: string; files: { path: string; sha256: string }[] }[];
}

/** The bytes of a run's only file of an artifact. */
async function artifact(run: string, name: string): Promise<string> {
  const { artifacts } = await platform.call<Stored>("GET", `/api/runs/${run}/artifacts`);
  const [file] = artifacts.find((one) => one.name === name)!.files;
  const answer = await fetch(`${platform.url}/api/blobs/${file!.sha256}`, { headers: platform.headers });
  return answer.text();
}

test("a study gives the same bytes on a platform and in one process without a server", async () => {
  const { config } = STUDY_TEMPLATES.find(({ name }) => name === "quick")!;
  const { id } = await platform.call<{ id: string }>("POST", "/api/runs", { kind: "study", config });
  const output = join(platform.folder, "here");
  await writeFile(join(platform.folder, "study.json"), JSON.stringify(config));
  const here = await runCli(["study", "run", join(platform.folder, "study.json"), "--output", output]);
  expect(here.code, here.stderr).toBe(0);
  const study = await untilRun(platform, id);
  expect(study.state).toBe("SUCCEEDED");
  const of = (name: string): string => study.children.find((child) => child.name === name)!.id;
  const compared = [
    ["pairs", "pairs", "pairs.jsonl"],
    ["uniarm/decode", "generations", "generations.jsonl"],
    ["uniarm/score", "scores", "scores.jsonl"],
    ["base/evaluate", "report", "report.json"],
    ["uniarm/evaluate", "report", "report.json"],
    ["compare", "comparison", "comparison.json"],
  ] as const;
  for (const [node, name, file] of compared)
    expect(await artifact(of(node), name), node).toBe(await readFile(join(output, node, file), "utf8"));
});
