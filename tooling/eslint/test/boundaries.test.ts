import { Linter } from "eslint";
import { expect, test } from "vitest";
import { boundaries, plainKeys, sameSeedSameBytes } from "../src/boundaries.js";

/** The complaints about one line of code in a file. */
const complaints = (file: string, code: string): string[] =>
  new Linter().verify(code, [...boundaries, plainKeys, sameSeedSameBytes], file).map(({ message }) => message);

const allowed: [file: string, code: string][] = [
  ["packages/trainer/src/train.ts", 'import "@uniarm/core";'],
  ["packages/trainer/src/train.ts", 'import "@uniarm/core/schema";'],
  ["packages/trainer/test/train.test.ts", 'import "@uniarm/core/testing";'],
  ["packages/core/src/model/build.ts", 'import "../schema/model.ts";'],
  ["apps/worker/src/delivery.ts", 'import "@uniarm/client/files";'],
  ["apps/cli/src/main.ts", 'import "@uniarm/decoder";'],
  ["packages/core/src/schema/event.ts", "new Date(0);"],
  ["apps/cli/src/main.ts", "Date.now();"],
  ["apps/cli/src/main.ts", "f({ ...(one ? { two } : {}) });"],
];
test.each(allowed)("%s may say %s", (file, code) => {
  expect(complaints(file, code)).toEqual([]);
});

const refused: [file: string, code: string, reason: string][] = [
  ["packages/trainer/src/train.ts", 'import "@uniarm/eval";', "Sibling packages do not import each other"],
  ["packages/eval/test/score.test.ts", 'import "@uniarm/tiny-world";', "Sibling packages do not import each other"],
  ["packages/trainer/src/train.ts", 'import "@uniarm/core/src/losses/signs.ts";', "entered by its doors"],
  ["packages/trainer/src/train.ts", 'import "../../core/src/index.ts";', "by its name"],
  ["apps/cli/src/main.ts", 'import "../../../packages/core/src/index.ts";', "by its name"],
  ["packages/trainer/src/train.ts", 'import "@uniarm/core/testing";', "Fakes are for tests"],
  ["packages/core/src/index.ts", 'import "@uniarm/trainer";', "core imports no other package"],
  ["packages/client/src/index.ts", 'import "@uniarm/pipeline";', "The client needs core and a server"],
  ["packages/decoder/src/sampling.ts", "Math.random();", "Pass a Random down"],
  ["packages/decoder/src/sampling.ts", "Date.now();", "do not read the clock"],
  ["packages/decoder/src/sampling.ts", "new Date();", "do not read the clock"],
  ["packages/decoder/src/sampling.ts", "f({ ...{ one, two } });", "Write the keys"],
  ["apps/cli/src/main.ts", "f({ ...{ one, two }, three });", "Write the keys"],
  ["apps/cli/src/main.ts", "f([...[one, two], three]);", "Write the keys"],
];
test.each(refused)("%s may not say %s", (file, code, reason) => {
  expect(complaints(file, code).join()).toContain(reason);
});
