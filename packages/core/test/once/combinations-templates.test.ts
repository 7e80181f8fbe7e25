import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { parseTemplate, runTemplate } from "../../src/text/jinja.ts";

interface Case {
  template: string;
  add_generation_prompt: boolean;
  text?: string;
  error?: string;
}

const path = join(import.meta.dirname, "../golden/combinations/templates.jsonl");
const [given, ...cases] = readFileSync(path, "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line) as unknown) as [{ messages: unknown; variables: object }, ...Case[]];

const render = ({ template, add_generation_prompt }: Case): string =>
  runTemplate(
    parseTemplate(template),
    { messages: given.messages, tools: null, documents: null, ...given.variables, add_generation_prompt },
    () => new Date(),
  );

test("templates write what Jinja writes for transformers, character by character", () => {
  const fine = cases.filter(({ text }) => text !== undefined);
  expect(fine.length).toBeGreaterThan(150);
  for (const one of fine) expect(render(one), one.template).toBe(one.text);
});

test("templates that are errors there are errors here", () => {
  const wrong = cases.filter(({ error }) => error !== undefined);
  expect(wrong.length).toBeGreaterThan(20);
  for (const one of wrong) expect(() => render(one), `${one.template}: ${one.error}`).toThrow();
});
