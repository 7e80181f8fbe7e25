import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { casesOf } from "../src/cases.ts";
import { renderMarkdown, withTables } from "../src/render.ts";
import { BenchResults, ratiosOf, summaryOf, type CaseResult } from "../src/results.ts";

const sample = (seconds: number[], peakMemoryMb: number) => ({
  seconds,
  peakMemoryMb,
  librariesMb: 1,
  threads: 2,
  software: "software",
});

/** A case whose contenders took these seconds each. */
const measured = (name: string, work: "train" | "decode", seconds: Record<string, number>): CaseResult => ({
  name,
  work,
  tokens: work === "decode" ? 352 : null,
  contenders: Object.entries(seconds).map(([contender, one]) => ({
    name: contender,
    side: contender.startsWith("uniarm") ? ("uniarm" as const) : ("pytorch" as const),
    what: contender,
    samples: [sample([one, one * 2, one], 1000 * one)],
  })),
});

test("a summary is the median with the least and the most; an even count takes the middle two", () => {
  expect(summaryOf([3, 1, 2])).toEqual({ median: 2, min: 1, max: 3 });
  expect(summaryOf([4, 1, 2, 3])).toEqual({ median: 2.5, min: 1, max: 4 });
});

test("the ratios have their six names; best by hand is the faster of the two, and memory is compared with it", () => {
  const train = { uniarm: 1, denseFloat32: 4, factoredFloat32: 3, factoredBfloat16: 2 };
  const ratios = ratiosOf([
    measured("train.mini", "train", { uniarm: 2, denseFloat32: 3 }),
    measured("train.small", "train", train),
    measured("decode.medium", "decode", { uniarm: 1, oneAtATime: 20, batchedFloat32: 3, batchedBfloat16: 2 }),
  ]);
  expect(ratios).toEqual({
    "train.mini.vsDenseFloat32": 1.5,
    "train.small.vsDenseFloat32": 4,
    "train.small.vsBestByHand": 2,
    "train.small.peakMemory": 0.5,
    "decode.medium.vsOneAtATime": 20,
    "decode.medium.vsBestBatched": 2,
  });
});

test.each([true, false])(
  "every contender of a case does the same work at the same size, and each side has its turn (bfloat16 is fastest: %s)",
  (bfloat16) => {
    const type = bfloat16 ? "bfloat16" : "float32";
    const cases = casesOf(false, { threads: 2, training: type, decoding: type });
    const training = cases.flatMap(({ work, contenders }) => (work === "train" ? contenders : []));
    expect(training.some(({ args }) => args.includes("bfloat16"))).toBe(bfloat16);
    expect(cases.map(({ name }) => name)).toEqual([
      "train.mini",
      "train.small",
      "train.dialogues",
      "decode.medium",
      "sweep.mixed",
    ]);
    for (const { name, size, contenders } of cases) {
      expect(contenders.every(({ args }) => args.includes(size))).toBe(true);
      const others = name === "sweep.mixed" ? "uniarm" : "pytorch"; // a sweep is compared with its own parts
      expect(contenders.slice(0, 2).map(({ side }) => side)).toEqual(["uniarm", others]);
    }
  },
);

test("a document keeps what is outside its markers; one without markers is refused", () => {
  const document = "before\n<!-- bench:start -->\nold\n<!-- bench:end -->\nafter\n";
  expect(withTables(document, "new")).toBe("before\n<!-- bench:start -->\n\nnew\n\n<!-- bench:end -->\nafter\n");
  expect(() => withTables("nothing", "new")).toThrow("bench:start");
});

test.each([
  "performance",
  "performance-neighbour",
  "performance-avx2",
  "performance-xeon",
  "performance-xeon-neighbour",
])("docs/%s.md shows what its JSON says: no figure in it is typed by hand", (name) => {
  const docs = join(import.meta.dirname, "..", "..", "..", "docs");
  const results = BenchResults.parse(JSON.parse(readFileSync(join(docs, `${name}.json`), "utf8")));
  const document = readFileSync(join(docs, `${name}.md`), "utf8");
  expect(withTables(document, renderMarkdown(results))).toBe(document);
  expect(results.ratios).toEqual(ratiosOf(results.cases));
});
