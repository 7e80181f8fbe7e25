import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { expect, test } from "vitest";
import { readGenerations, readScores } from "../src/index.ts";
import { expectRefusal } from "./support/refusal.ts";
import { scoreOf } from "./support/scores.ts";

test("scores are read back, and a bad line is refused with file and line", async () => {
  const folder = await temporaryFolder();
  try {
    const path = join(folder.path, "scores.jsonl");
    const lines = [scoreOf("a", [1, 0], [1, 2]), scoreOf("a", null, [1, 2])].map((score) => JSON.stringify(score));
    await writeFile(path, `${lines.join("\n")}\n`);
    expect(await readScores(path)).toEqual(lines.map((line) => JSON.parse(line) as unknown));
    await writeFile(path, `${lines[0]}\n{"promptId": "b"\n`);
    await expectRefusal(() => readScores(path), "json-lines-invalid", `${path}:2 is not JSON`);
    await writeFile(path, `${lines[0]}\n\n{"promptId": "b"}\n`);
    await expectRefusal(() => readGenerations(path), "json-lines-invalid", `${path}:1`, "prompt");
    await expectRefusal(() => readScores(path), "json-lines-invalid", `${path}:3`, "rewards");
    await expectRefusal(
      () => readScores(join(folder.path, "none.jsonl")),
      "json-lines-missing",
      "there is no such file",
    );
  } finally {
    await folder.remove();
  }
});
