import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { runCli } from "./run-cli.ts";
import { expectSmallDemo } from "./small-demo.ts";

let folder: string;
let remove: () => Promise<void>;
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
});
afterAll(async () => remove());

test("a small demo goes through every stage and leaves its files", async () => {
  await expectSmallDemo("uniarm", join(folder, "uniarm"));
});

test("a demo folder that holds a run is not written over, and the sentence says how to go on", async () => {
  const { code, stderr } = await runCli(["demo", "--quick", "--output", join(folder, "uniarm")]);
  expect(code).toBe(2);
  expect(stderr).toMatch(/already holds a run\. Go on with it by --resume .*or choose another folder with --output/);
});
