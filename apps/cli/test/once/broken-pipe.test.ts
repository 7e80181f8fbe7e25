import { spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";

const MAIN = join(import.meta.dirname, "../../src/main.ts");

test("whoever reads the output may leave early, as `uniarm schema train | head` does: no word of it on standard error", async () => {
  const child = spawn(process.execPath, [MAIN, "schema", "train"], { stdio: ["ignore", "pipe", "pipe"] });
  child.stdout.destroy();
  let stderr = "";
  child.stderr.on("data", (part: Buffer) => (stderr += part.toString()));
  await new Promise((resolve) => child.on("close", resolve));
  expect(stderr).toBe("");
});
