import { readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { TrainingConfig, type Score } from "@uniarm/core/schema";
import { ALL_GRID, ARMS, askedOfThree, DESIGN, OLD_GRID, training } from "../src/add-objective/design.ts";
import { frontOf } from "../src/add-objective/front-of.ts";
import { addObjectivePage } from "../src/add-objective/page.ts";
import { PAGE_FILE, readResults, type AddObjectiveResults, type ArmResult } from "../src/add-objective/results.ts";

test("the page is what the figures make of it, and they were made by the study as it is", async () => {
  const results = (await readResults())!;
  expect(await readFile(PAGE_FILE, "utf8")).toBe(addObjectivePage(results));
  expect(results.design).toEqual(JSON.parse(JSON.stringify(DESIGN)));
});

test("both grids are asked, each preference once", () => {
  const asked = askedOfThree().map((preference) => preference.join());
  expect(new Set(asked).size).toBe(asked.length);
  for (const preference of OLD_GRID) expect(asked).toContain([...preference, 0].join());
  for (const preference of ALL_GRID) expect(asked).toContain(preference.join());
});

test.each(Object.entries(ARMS))(
  "the settings of %s go together",
  (_, arm: { replay?: boolean; freeze?: "factors" }) => {
    const { replay, ...changes } = arm;
    const added = {
      startFrom: "before",
      addedObjectives: ["humorous"],
      missingLabels: "mask" as const,
      pairs: "new.jsonl",
    };
    const config = training(3, DESIGN.addedSteps, {
      ...added,
      ...changes,
      ...(replay ? { replayPairs: "old.jsonl" } : {}),
    });
    expect(() => TrainingConfig.parse({ ...config, output: "run" })).not.toThrow();
  },
);

describe("a front", () => {
  const score = (preference: number[], rewards: [number, number, number]): Score => ({
    promptId: "p0",
    preference,
    sample: 0,
    rewards: { helpful: rewards[0], harmless: rewards[1], humorous: rewards[2] },
  });

  test("of the old objectives is that of the preferences in which the added one counts nothing", async () => {
    const old = OLD_GRID.map(([a, b]) => score([a!, b!, 0], [a!, b!, 0.1]));
    const others = ALL_GRID.filter((preference) => preference[2]! > 0).map((preference) =>
      score([...preference], [3, 3, 3]),
    );
    const front = await frontOf([...old, ...others], OLD_GRID, 2);
    // sum over the grid of a^2 + (1 - a)^2, divided by 11: at the exact rewards (a, 1 - a)
    const expected = OLD_GRID.reduce((sum, [a, b]) => sum + a! ** 2 + b! ** 2, 0) / OLD_GRID.length;
    expect(front.meanInnerProduct).toBeCloseTo(expected, 10);
    expect(await frontOf(old, OLD_GRID, 2)).toEqual(front);
  });
});

describe("the page", () => {
  const arm = (name: string, old: number, all: number | null): ArmResult => ({
    name,
    old: { hypervolume: old, meanInnerProduct: 0.4 },
    all: all === null ? null : { hypervolume: all, meanInnerProduct: 0.3 },
    corner: all,
    seconds: null,
  });
  const results: AddObjectiveResults = {
    design: {},
    machine: "a machine",
    seeds: [0, 1].map((seed) => ({
      seed,
      arms: [
        arm("base", 0.1, 0.01),
        arm("before", 0.5, null),
        arm("description-only", 0.5, 0.05),
        arm("added", 0.3 + 0.1 * seed, 0.2),
        arm("added-replay", 0.48, 0.25),
        arm("added-frozen", 0.5, 0.1),
        arm("added-frozen-replay", 0.49, 0.1),
        arm("from-start", 0.45, 0.3),
      ],
    })),
  };
  const page = addObjectivePage(results);

  test("shows the mean over seeds and each of them, and what share of the old front is forgotten", () => {
    expect(page).toMatch(/\| \+ trained on +\| 0\.350 \(0\.300, 0\.400\) \|.*\| 30 % \(40 %, 20 %\) +\|/);
  });

  test("says which ways keep 95 % of it, and which do not", () => {
    expect(page).toContain(
      'At most 5 % of the old front\'s hypervolume is lost by "+ description only, no training", "+ trained on, replay", "+ trained on, A and B frozen", "+ trained on, A and B frozen, replay".',
    );
    expect(page).toContain('More is lost by "+ trained on".');
    expect(page).toContain("an old front that is 10 % below the one of two objectives");
    expect(page).toContain(
      'the largest hypervolume of three is that of "+ trained on, replay" (0.250; from the start 0.300)',
    );
  });
});
