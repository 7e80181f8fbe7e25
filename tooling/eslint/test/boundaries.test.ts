import { Linter } from "eslint";
import tseslint from "typescript-eslint";
import { expect, test } from "vitest";
import { appsApart, boundaries, plainKeys, sameSeedSameBytes } from "../src/boundaries.js";

const typescript: Linter.Config = {
  files: ["**/*.{ts,tsx}"],
  languageOptions: { parser: tseslint.parser },
};

/** The complaints about one line of code in a file. */
const complaints = (file: string, code: string): string[] =>
  new Linter()
    .verify(code, [typescript, ...boundaries, appsApart, plainKeys, sameSeedSameBytes], file)
    .map(({ message }) => message);

const allowed: [file: string, code: string][] = [
  ["packages/trainer/src/train.ts", 'import "@uniarm/core";'],
  ["packages/trainer/src/train.ts", 'import "@uniarm/core/schema";'],
  ["packages/trainer/test/train.test.ts", 'import "@uniarm/core/testing";'],
  ["packages/core/src/model/build.ts", 'import "../schema/model.ts";'],
  ["apps/worker/src/delivery.ts", 'import "@uniarm/client/files";'],
  ["apps/cli/src/main.ts", 'import "@uniarm/decoder";'],
  ["apps/cli/src/commands/data/stats.ts", 'import "../../data/read.ts";'],
  ["apps/cli/src/serve/programs.ts", 'import.meta.resolve("@uniarm/worker/main");'],
  ["apps/tracker/src/api/client.ts", 'import type { AppRouter } from "@uniarm/api";'],
  ["apps/tracker/test/pages.test.ts", 'import "@uniarm/cli/testing";'],
  ["apps/tracker/test/pages/opened.ts", 'import "../../tooling/chromium.ts";'],
  ["packages/client/src/client.ts", 'import type { AppRouter } from "@uniarm/api";'],
  ["packages/core/src/schema/event.ts", "new Date(0);"],
  ["apps/cli/src/main.ts", "Date.now();"],
  ["apps/cli/src/main.ts", "f({ ...(one ? { two } : {}) });"],
  ["packages/pipeline/src/stages/train.ts", 'import "@uniarm/trainer";'],
  ["packages/db/src/runs/launch.ts", 'import "@uniarm/pipeline/schema";'],
  ["packages/db/src/database.ts", 'import "pg-boss";'],
  ["packages/db/src/runs/get.ts", 'import "@prisma/client";'],
  ["apps/api/test/live.test.ts", 'import "@uniarm/db/testing";'],
  ["tooling/bench/src/platform.ts", 'import { poolOf } from "@uniarm/db/testing"; poolOf(db).query("SELECT 1");'],
];
test.each(allowed)("%s may say %s", (file, code) => {
  expect(complaints(file, code)).toEqual([]);
});

const refused: [file: string, code: string, reason: string][] = [
  ["packages/trainer/src/train.ts", 'import "@uniarm/eval";', "Sibling packages do not import each other"],
  ["packages/eval/test/score.test.ts", 'import "@uniarm/tiny-world";', "Sibling packages do not import each other"],
  ["packages/trainer/src/train.ts", 'import "@uniarm/pipeline";', "Sibling packages do not import each other"],
  ["packages/data/src/index.ts", 'import "@uniarm/pipeline/schema";', "Sibling packages do not import each other"],
  ["packages/eval/src/score.ts", 'import "@uniarm/db";', "Sibling packages do not import each other"],
  ["packages/core/src/index.ts", 'import "@uniarm/pipeline/schema";', "core imports no other package"],
  ["packages/pipeline/src/index.ts", 'import "@uniarm/db";', "The pipeline needs no server"],
  ["packages/pipeline/src/index.ts", 'import "@uniarm/core/testing";', "Fakes are for tests"],
  ["packages/db/src/index.ts", 'import "@uniarm/pipeline";', "enters the pipeline by @uniarm/pipeline/schema"],
  ["packages/db/src/index.ts", 'import "@uniarm/eval";', "db imports core and @uniarm/pipeline/schema"],
  ["packages/trainer/src/train.ts", 'import "@uniarm/core/src/losses/signs.ts";', "entered by its doors"],
  ["packages/trainer/src/train.ts", 'import "../../core/src/index.ts";', "by its name"],
  ["apps/cli/src/main.ts", 'import "../../../packages/core/src/index.ts";', "by its name"],
  ["apps/tracker/test/pages.test.ts", 'import "../../cli/test/run-cli.ts";', "by its name"],
  ["apps/cli/test/data.test.ts", 'import "../../../tooling/bench/src/markdown.ts";', "by its name"],
  ["apps/tracker/src/api/client.ts", 'import { AppRouter } from "@uniarm/api";', "import type"],
  ["packages/client/src/client.ts", 'import { AppRouter } from "@uniarm/api";', "import type"],
  ["apps/cli/src/main.ts", 'import "@uniarm/worker/main";', "started by its door"],
  ["apps/worker/src/main.ts", 'import type { Finished } from "@uniarm/cli/testing";', "started by its door"],
  ["packages/core/src/index.ts", 'import type { AppRouter } from "@uniarm/api";', "core imports no other package"],
  [
    "packages/db/src/index.ts",
    'import type { AppRouter } from "@uniarm/api";',
    "db imports core and @uniarm/pipeline/schema",
  ],
  ["packages/trainer/src/train.ts", 'import "@uniarm/core/testing";', "Fakes are for tests"],
  ["packages/core/src/index.ts", 'import "@uniarm/trainer";', "core imports no other package"],
  ["apps/api/src/main.ts", 'import "pg";', "stay in packages/db"],
  ["apps/cli/src/main.ts", 'import "pg-boss";', "stay in packages/db"],
  ["packages/core/src/index.ts", 'import "@prisma/client";', "stay in packages/db"],
  ["apps/api/src/main.ts", 'import { poolOf } from "@uniarm/db/testing";', "Fakes are for tests"],
  ["apps/api/src/main.ts", "db.pool.query();", "stay in packages/db"],
  ["apps/worker/src/main.ts", "const { prisma } = db;", "stay in packages/db"],
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
