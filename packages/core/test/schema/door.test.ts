import { rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { isolatedCopy, runModule } from "../support/child.ts";

test("the schema door opens where zod is the only package there is", async () => {
  const folder = await isolatedCopy("schema", ["zod"]);
  try {
    const { stdout, stderr } = await runModule(
      folder,
      `import { parsePreference, TrainingConfig } from "./src/schema/index.ts";
       console.log(parsePreference([0.25, 0.75]).join(), TrainingConfig.safeParse({}).success);
       console.log(await import("@tensorflow/tfjs-core").then(() => "tfjs", () => "no tfjs"));`,
    );
    expect(stdout.trim().split("\n"), stderr).toEqual(["0.25,0.75 false", "no tfjs"]);
  } finally {
    await rm(folder, { recursive: true });
  }
});
