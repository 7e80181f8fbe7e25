import { readFile } from "node:fs/promises";
import { StudyConfig } from "@uniarm/pipeline/schema";
import { expect, test } from "vitest";
import { methodPage } from "../src/page.ts";
import { bestAnswersStudy } from "../src/best-answers/study.ts";
import { methodStudy } from "../src/method-study.ts";
import { BEST_ANSWERS_FOLDER, PAGE_FILE, readAllSeeds, Tried, TRIED_FILE, type SeedResults } from "../src/results.ts";

const result = (name: string, hypervolume: number): SeedResults["results"][number] => ({
  name,
  strength: 2,
  parameters: 95_232,
  passes: 2,
  trainingCpuSeconds: 60,
  hypervolume,
  meanInnerProduct: hypervolume - 0.1,
  validation: [],
});
const seedOf = (seed: number, results: SeedResults["results"]): SeedResults => ({
  objectives: 2,
  seed,
  machine: "a machine",
  protocol: "p",
  config: {},
  results,
});

test("the page is what the files below docs/studies make of it", async () => {
  const tried = Tried.parse(JSON.parse(await readFile(TRIED_FILE, "utf8")));
  expect(await readFile(PAGE_FILE, "utf8")).toBe(
    methodPage(await readAllSeeds(), tried, await readAllSeeds(BEST_ANSWERS_FOLDER)),
  );
});

test("every stored seed was made by the study as it ships", async () => {
  // as it reads today: settings that are new since have their defaults
  for (const { objectives, seed, config } of await readAllSeeds())
    expect(StudyConfig.parse(config)).toEqual(methodStudy(objectives === 3 ? 3 : 2, seed));
  for (const { objectives, seed, config } of await readAllSeeds(BEST_ANSWERS_FOLDER))
    expect(StudyConfig.parse(config)).toEqual(bestAnswersStudy(objectives === 3 ? 3 : 2, seed));
});

test("a row has the mean over seeds with its interval; a rival is compared over the seeds that both have", () => {
  const page = methodPage(
    [
      seedOf(0, [result("uniarm", 0.8), result("genarm", 0.7)]),
      seedOf(1, [result("uniarm", 0.82), result("genarm", 0.74)]),
      seedOf(2, [result("uniarm", 0.84)]),
    ],
    [],
    [],
  );
  // Student: .82 -+ 4.303 * .02 / sqrt(3), .72 -+ 12.706 * .028 / sqrt(2), .09 -+ 12.706 * .014 / sqrt(2)
  expect(page).toMatch(/\| uniarm +\| 3 +\| 0\.820 \[0\.770, 0\.870\] +\|/);
  expect(page).toMatch(/\| genarm +\| 2 +\| 0\.720 \[0\.466, 0\.974\] +\|/);
  expect(page).toMatch(/\| genarm +\| 2 +\| 0\.090 \[-0\.037, 0\.217\] +\| 0\.50 +\|/);
});

test("what is reached with the best answers stands as a share of the optimum", () => {
  const page = methodPage([], [], [seedOf(0, [result("uniarm", 0.4345)])]);
  expect(page).toMatch(/\| 2 +\| uniarm +\| 1 +\| 0\.434 +\| 50 % +\| 0\.335 +\| 46 % +\|/); // of .869 and .735
  expect(methodPage([], [], [])).not.toContain("What binds");
});

test("a method of one seed has no interval and is not compared", () => {
  const page = methodPage([seedOf(0, [result("uniarm", 0.8), result("parm", 0.7)])], [], []);
  expect(page).toMatch(/\| parm +\| 1 +\| 0\.700 +\|/);
  expect(page.match(/\| parm/g)).toHaveLength(1);
});
