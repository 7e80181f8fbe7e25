import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { precompiled } from "../../src/text/pipeline/precompiled.ts";
import { createTokenizer } from "../../src/text/tokenizer.ts";

interface Case {
  base: string;
  file: object;
  config: object;
  texts: { text: string; ids: number[]; around?: number[]; decoded: string; skipped: string }[];
  pair: [ids: number[], types: number[]];
}

const path = join(import.meta.dirname, "../golden/combinations/tokenizers.jsonl");
const [{ models }, ...cases] = readFileSync(path, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as unknown) as [{ models: Record<string, object> }, ...Case[]];

test("random pipelines of normalizers, cuts, models, frames and decoders give tokenizers' ids and texts", () => {
  expect(cases.length).toBeGreaterThanOrEqual(160);
  for (const [index, { base, file, config, texts, pair }] of cases.entries()) {
    const where = `case ${index} (${base})`;
    const tokenizer = createTokenizer({ tokenizer: { ...file, model: models[base] }, config }, where);
    for (const { text, ids, around = ids, decoded, skipped } of texts) {
      const what = `${where}: ${JSON.stringify(text)}`;
      expect(tokenizer.encode(text), what).toEqual(ids);
      expect(tokenizer.encode(text, { addSpecialTokens: true }), what).toEqual(around);
      expect(tokenizer.decode(ids), what).toBe(decoded);
      expect(tokenizer.decode(ids, { skipSpecialTokens: true }), what).toBe(skipped);
    }
    const { ids, types } = tokenizer.encodePair("one", "two more");
    expect([ids, types], where).toEqual(pair);
  }
});

test("SentencePiece's table of replacements is read as tokenizers reads it", () => {
  const { charsmap, texts } = JSON.parse(
    readFileSync(join(import.meta.dirname, "../golden/combinations/precompiled.json"), "utf8"),
  ) as { charsmap: string; texts: [string, string][] };
  const normalize = precompiled(charsmap);
  for (const [text, expected] of texts) expect(normalize(text), text).toBe(expected);
  expect(texts.some(([text, expected]) => text !== expected)).toBe(true);
});
