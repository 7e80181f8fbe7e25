import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";
import { writeJsonLines } from "@uniarm/core";
import { chatCompletion, openChatEndpoint, temporaryFolder, type ChatRequest } from "@uniarm/core/testing";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test, vi } from "vitest";
import { runCli } from "../run-cli.ts";

const KEY = "sk-test-0123456789";
const MAIN = join(import.meta.dirname, "../../src/main.ts");
const PROMPTS = 6;

let folder: Awaited<ReturnType<typeof temporaryFolder>>;
const at = (name: string): string => join(folder.path, name);

beforeAll(async () => {
  folder = await temporaryFolder();
  const rows = (preferences: (number[] | null)[], size: (prompt: number, preference: number[] | null) => number) =>
    preferences.flatMap((preference) =>
      Array.from({ length: PROMPTS }, (_, prompt) => ({
        promptId: `p${prompt}`,
        prompt: `Question ${prompt}`,
        preference,
        sample: 0,
        text: `size ${size(prompt, preference)} ${preference?.join("/") ?? "base"}`,
        tokenIds: [],
        finish: "eos",
        logProbNats: 0,
      })),
    );
  const preferences = [
    [1, 0],
    [0, 1],
  ];
  // under (1,0) the method is larger on every prompt, under (0,1) on one of three
  await writeJsonLines(
    at("method.jsonl"),
    rows(preferences, (prompt, preference) => (preference![0] === 1 || prompt % 3 === 0 ? 9 : 1)),
  );
  await writeJsonLines(
    at("base.jsonl"),
    rows([null], () => 5),
  );
});
afterAll(async () => folder.remove());
beforeEach(() => vi.stubEnv("JUDGE_KEY", KEY));
afterEach(() => vi.unstubAllEnvs());

/** Larger sizes do better at the one objective, smaller ones at the other. */
function verdict({ question, headers }: ChatRequest): string {
  const [first, second] = [...question.matchAll(/^size (\d)/gm)].map(([, size]) => Number(size));
  const wantsLarge = question.includes("Be large.");
  const isFirst = wantsLarge ? first! > second! : first! < second!;
  return `Reasons for ${headers.authorization}.\n{"better": "${isFirst ? "first" : "second"}"}`;
}

const flags = (name: string, url: string, ...more: string[]): string[] => {
  const judge = { type: "endpoint", url, model: "big", keyVariable: "JUDGE_KEY", retryDelayMs: 5 };
  const objectives = [
    { name: "large", description: "Be large." },
    { name: "small", description: "Be small." },
  ];
  const values = {
    judge: JSON.stringify(judge),
    objectives: JSON.stringify(objectives),
    generations: at("method.jsonl"),
    opponent: at("base.jsonl"),
    output: at(`${name}/verdicts.jsonl`),
    report: at(`${name}/report.json`),
  };
  return ["judge", ...Object.entries(values).flatMap(([key, value]) => [`--${key}`, value]), ...more];
};

/** Everything that a run wrote, and that holds no key. */
async function filesOf(name: string): Promise<Record<string, string>> {
  const files: Record<string, string> = {};
  for (const file of await readdir(at(name))) files[file] = await readFile(at(`${name}/${file}`), "utf8");
  for (const text of Object.values(files)) expect(text).not.toContain(KEY);
  return files;
}

test("win rates per preference and objective; a second run asks nothing and writes the same bytes", async () => {
  const endpoint = await openChatEndpoint((request) => ({ body: chatCompletion(verdict(request)) }));
  try {
    const first = await runCli(flags("whole", endpoint.url));
    expect(first.stderr).toContain(
      "12 pairs under 2 objectives in both orders: 48 questions, 0 answered before, 48 to ask",
    );
    expect(first.code).toBe(0);
    const rates = first.stdout.split("\n").map((line) => line.trim().split(/ {2,}/).slice(0, 3));
    expect(rates.slice(2, 6)).toEqual([
      ["0.00, 1.00", "large", expect.stringMatching(/^0\.333 \[/)],
      ["0.00, 1.00", "small", expect.stringMatching(/^0\.667 \[/)],
      ["1.00, 0.00", "large", "1.000 [1.000, 1.000]"],
      ["1.00, 0.00", "small", "0.000 [0.000, 0.000]"],
    ]);
    expect(endpoint.requests).toHaveLength(48);
    const files = await filesOf("whole");
    expect(Object.keys(files).sort()).toEqual(["judge.cache.jsonl", "report.json", "verdicts.jsonl"]);
    const again = await runCli(flags("whole", endpoint.url, "--json"));
    expect(endpoint.requests).toHaveLength(48);
    expect(await filesOf("whole")).toEqual(files);
    const lines = again.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as { type: string; report?: unknown });
    expect(lines.map(({ type }) => type)).toEqual(["notice", "judged"]);
    expect(lines[1]!.report).toEqual(JSON.parse(files["report.json"]!));
    expect(first.stdout + first.stderr + again.stdout + again.stderr).not.toContain(KEY);
  } finally {
    await endpoint.close();
  }
});

test("a run that is killed is completed by the next one, which asks only what is missing", async () => {
  let child: ChildProcess | null = null;
  const endpoint = await openChatEndpoint(async (request, index) => {
    if (index === 20) child?.kill("SIGKILL");
    await setTimeout(5);
    return { body: chatCompletion(verdict(request)) };
  });
  try {
    child = spawn(process.execPath, [MAIN, ...flags("killed", endpoint.url)], { stdio: "ignore" });
    const [, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    expect(signal).toBe("SIGKILL");
    const files = await filesOf("killed");
    expect(Object.keys(files)).toEqual(["judge.cache.jsonl"]);
    const kept = files["judge.cache.jsonl"]!.split("\n").length - 2; // heading, rest
    expect(kept).toBeGreaterThan(10);
    vi.stubEnv("JUDGE_KEY", `${KEY}-second`); // tells its requests from those of the killed run that are still on their way
    expect((await runCli(flags("killed", endpoint.url))).code).toBe(0);
    const asked = endpoint.requests.filter(({ headers }) => headers.authorization?.endsWith("-second"));
    expect(asked).toHaveLength(48 - kept);
    const [one, other] = [await filesOf("killed"), await filesOf("whole")];
    expect(one["verdicts.jsonl"]).toBe(other["verdicts.jsonl"]);
  } finally {
    await endpoint.close();
  }
});

test("what cannot work is refused before anything is asked, without the key", async () => {
  const endpoint = await openChatEndpoint((request) => ({ body: chatCompletion(verdict(request)) }));
  try {
    const refused = async (args: string[], sentence: string): Promise<void> => {
      const { code, stdout, stderr } = await runCli(args);
      expect(stderr).toContain(sentence);
      expect(code).toBe(2);
      expect(stdout + stderr).not.toContain(KEY);
    };
    await refused(
      flags("budget", endpoint.url, "--max-requests", "47"),
      "48 questions are to be asked, and maxRequests is 47",
    );
    vi.stubEnv("JUDGE_KEY", "");
    await refused(
      flags("key", endpoint.url),
      "The environment variable JUDGE_KEY, which keyVariable names, is not set",
    );
    expect(endpoint.requests).toHaveLength(0);
  } finally {
    await endpoint.close();
  }
});

test("Ctrl-C keeps what was answered and says how to go on", async () => {
  const endpoint = await openChatEndpoint(async (request) => {
    await setTimeout(40);
    return { body: chatCompletion(verdict(request)) };
  });
  try {
    let isTold = false; // a second Ctrl-C would end it at once
    const { code, stderr } = await runCli(flags("stopped", endpoint.url), (printed, kill) => {
      if (isTold || !printed.includes("12/48")) return;
      isTold = true;
      kill("SIGINT");
    });
    expect(stderr).toMatch(/Stopped after \d+ of 48 questions; the same command continues from there/);
    expect(code).toBe(130);
    expect(Object.keys(await filesOf("stopped"))).toEqual(["judge.cache.jsonl"]);
  } finally {
    await endpoint.close();
  }
});
