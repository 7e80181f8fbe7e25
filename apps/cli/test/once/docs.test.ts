import { spawnSync } from "node:child_process";
import { chmod, cp, mkdir, readFile, writeFile } from "node:fs/promises";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { byteTokenizerFiles, temporaryFolder } from "@uniarm/core/testing";
import { tinyWorldModel } from "@uniarm/tiny-world";
import { golden } from "../golden.ts";

const ROOT = join(import.meta.dirname, "../../../..");
let folder: string;
let remove: () => Promise<void>;

async function withByteTokenizer(from: string, name: string): Promise<void> {
  const target = join(folder, "models", name);
  await cp(from, target, { recursive: true });
  const { tokenizer, config } = byteTokenizerFiles();
  await writeFile(join(target, "tokenizer.json"), JSON.stringify(tokenizer));
  await writeFile(join(target, "tokenizer_config.json"), JSON.stringify(config));
}

/** The folders that the page speaks of, tiny; `uniarm` on the path. */
beforeAll(async () => {
  ({ path: folder, remove } = await temporaryFolder());
  await cp(tinyWorldModel("quick"), join(folder, "models/base"), { recursive: true });
  await cp(tinyWorldModel("default"), join(folder, "models/large"), { recursive: true });
  await withByteTokenizer(golden("core", "models/llama"), "llama");
  await withByteTokenizer(golden("eval", "scorers/beaver-reward"), "reward");
  await withByteTokenizer(golden("eval", "scorers/beaver-cost"), "cost");
  await cp(golden("core", "adapters/pblora-k2"), join(folder, "adapters/parm"), { recursive: true });
  const rows = Array.from({ length: 40 }, (_, index) => ({
    prompt: `How do I open the garden ${index}?`,
    response_0: "Wear thick gloves.",
    response_1: `Cut it ${index} times.`,
    better_response_id: index % 2,
    safer_response_id: index % 3 === 0 ? 1 : 0,
  }));
  await mkdir(join(folder, "data"));
  await writeFile(join(folder, "data/pku.jsonl"), rows.map((row) => JSON.stringify(row)).join("\n"));
  const prompts = ["How do I cut the radio?", "How do I heat the mirror?"].map((text, index) => ({
    id: `p${index}`,
    text,
  }));
  await writeFile(join(folder, "prompts.jsonl"), prompts.map((prompt) => JSON.stringify(prompt)).join("\n"));
  await mkdir(join(folder, "bin"));
  const main = join(import.meta.dirname, "../../src/main.ts");
  await writeFile(join(folder, "bin/uniarm"), `#!/bin/sh\nexec "${process.execPath}" "${main}" "$@"\n`);
  await chmod(join(folder, "bin/uniarm"), 0o755);
});
afterAll(async () => remove());

/** A guard, not a measure: a dozen commands take a minute on two idle cores, and many times that beside other work. */
const WHOLE_PAGE_MS = 900_000;

test(
  "every command of the page on own models and data runs, one after the other",
  { timeout: WHOLE_PAGE_MS },
  async () => {
    const page = await readFile(join(ROOT, "docs/your-own-model-and-data.md"), "utf8");
    const blocks = [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, block]) => block!);
    expect(blocks.length).toBeGreaterThan(8);
    for (const block of blocks) {
      const { status, stdout, stderr } = spawnSync("bash", ["-e", "-c", block], {
        cwd: folder,
        encoding: "utf8",
        env: {
          ...process.env,
          UNIARM_DATA: join(folder, "data-of-server"),
          PATH: `${join(folder, "bin")}${delimiter}${process.env.PATH}`,
          NO_COLOR: "1",
        },
      });
      expect(status, `${block}\n${stdout}\n${stderr}`).toBe(0);
    }
  },
);

test("the page keeps its figures between marks that their commands find", async () => {
  const page = await readFile(join(ROOT, "docs/your-own-model-and-data.md"), "utf8");
  expect(page).toMatch(/<!-- large:start -->[\s\S]+1\.10 billion[\s\S]+<!-- large:end -->/);
  expect(page).toMatch(/<!-- data:start -->[\s\S]+pairs\.parquet[\s\S]+<!-- data:end -->/);
});
