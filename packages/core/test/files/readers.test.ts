import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

const root = join(import.meta.dirname, "../../../..");

/** Files that this project writes and reads itself; nobody edits them with a program that adds a mark. */
const OWN = [
  "packages/client/src", // answers of the server
  "packages/core/src/files/read-text.ts",
  "packages/core/src/files/hub-cache.ts", // records of what was pulled
  "packages/core/src/tensor", // what was measured, and files of the system
  "packages/db/src", // the database's own folder
  "packages/decoder/src/generation-file.ts", // settings beside an output
  "packages/pipeline/src", // records of a study's nodes
  "packages/tiny-world/src/data.ts",
  "packages/trainer/src/run-folder.ts",
  "apps/api/src",
  "apps/cli/src/demo/record.ts",
  "apps/cli/src/models/hub/settings.ts", // a token, trimmed, which takes a mark away
  "apps/cli/src/models/lock.ts",
  "apps/cli/src/serve/serve.ts",
  "apps/cli/src/server/connect.ts", // a key, trimmed, which takes a mark away
  "apps/cli/src/study/run.ts",
  "apps/worker/src",
];

/** What decodes a file by itself, and so takes a byte-order mark for a character. */
const DECODES = /readFile(?:Sync)?\([^;]*?["']utf-?8["']|createReadStream\([^;]*?encoding: ?["']utf-?8["']/;

test("every file that people give is read through readText, readJsonLines, decodeText or readRows", () => {
  const sources = globSync(["packages/*/src/**/*.ts", "apps/*/src/**/*.ts"], { cwd: root }).map((file) =>
    file.replaceAll("\\", "/"),
  );
  expect(sources.length).toBeGreaterThan(200);
  const strays = sources.filter(
    (file) =>
      !file.includes("/src/testing/") &&
      !OWN.some((own) => file.startsWith(own)) &&
      DECODES.test(readFileSync(join(root, file), "utf8")),
  );
  expect(strays.sort()).toEqual(["packages/eval/src/reward-models/cache.ts"]); // the first two characters of its own file
});
