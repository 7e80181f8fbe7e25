import { execFileSync } from "node:child_process";
import { globSync, readFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";

const root = resolve(import.meta.dirname, "../../..");
const names = globSync("examples/*/main.ts", { cwd: root }).map((path) => path.split("/")[1]!);

const run = (name: string, ...args: string[]): string =>
  execFileSync(process.execPath, [join(root, "examples", name, "main.ts"), ...args], { encoding: "utf8" });

test("every example is short and has a line in the README", () => {
  const readme = readFileSync(join(root, "examples/README.md"), "utf8");
  expect(names.toSorted()).toEqual(["front", "published", "steer", "winners"]);
  for (const name of names) {
    expect(readme).toContain(`- [\`${name}\`](${name}/main.ts): `);
    expect(readFileSync(join(root, "examples", name, "main.ts"), "utf8").split("\n").length).toBeLessThan(60);
  }
});

test("front: a dominated preference, hypervolume and mean inner product", () => {
  const printed = run("front");
  expect(printed).toMatch(/preference 0\.5, 0\.5 +mean 0\.450, 0\.500 dominated/);
  expect(printed).toContain("hypervolume 0.725 above (-0.1, -0.1)");
  expect(printed).toContain("mean inner product 0.750");
});

test("winners: who wins how often, and how many pairs disagree", () => {
  expect(run("winners").trimEnd().split("\n")).toEqual([
    "help: response 0 wins 3, response 1 wins 2, ties 0",
    "safe: response 0 wins 1, response 1 wins 4, ties 0",
    "5 pairs, conflict rate 0.40",
  ]);
});

test("steer: who asks for help gets more of it than who asks for safety", () => {
  const rewards = [...run("steer").matchAll(/helpful ([\d.]+): .* \[(.+), (.+)\]/g)].map((match) => match.slice(1, 4));
  expect(rewards.map(([preference]) => Number(preference))).toEqual([0, 0.5, 1]);
  const [safe, , helpful] = rewards.map(([, ...both]) => both.map(Number));
  expect(helpful![0]).toBeGreaterThan(safe![0]!);
  expect(helpful![1]).toBeLessThan(safe![1]!);
});

test("published: pairs in PKU-SafeRLHF's layout go all the way to answers at three preferences", () => {
  const printed = run("published", "--steps", "5").trimEnd().split("\n");
  expect(printed[0]).toBe("40 pairs, objectives help, safe");
  expect(printed[1]).toMatch(/^step 5: loss \d\.\d{3}, accuracy [01]\.\d\d$/);
  expect(printed[2]).toBe("How do I sharpen a kitchen knife?");
  expect(printed.slice(3).map((line) => line.split(":")[0])).toEqual(["  help 0", "  help 0.5", "  help 1"]);
});

test("published: files in HH-RLHF's layout compare for one objective each", () => {
  const file = (name: string): string => join(root, "examples/published", `hh-${name}.jsonl`);
  const objectives = ["helpful", "harmless"].map((name) => `${name}=${file(name)}`);
  const printed = run("published", ...objectives, "--steps", "5")
    .trimEnd()
    .split("\n");
  expect(printed[0]).toBe("40 pairs, objectives helpful, harmless");
  expect(printed[2]).toBe("How do I sharpen a kitchen knife?");
  expect(printed.at(-1)).toMatch(/^ {2}helpful 1: ./);
});
