import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promptText } from "@uniarm/core";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openGuidedModel } from "../src/guided-model.ts";
import { writeTinyWorld } from "./tiny-checkpoint.ts";

const TEMPLATE =
  "{% for m in messages %}{{ m.content }}{% endfor %}{{ ' quiet' if enable_thinking is false }}{{ ' ' ~ tone if tone is defined }}";
let folder: Awaited<ReturnType<typeof temporaryFolder>>;
let places: { model: string; checkpoint: string };

beforeAll(async () => {
  folder = await temporaryFolder();
  places = await writeTinyWorld(folder.path, "uniarm");
  await writeFile(join(places.model, "chat_template.jinja"), TEMPLATE);
  const path = join(places.checkpoint, "manifest.json");
  const manifest = JSON.parse(await readFile(path, "utf8")) as object;
  await writeFile(path, JSON.stringify({ ...manifest, templateVars: { enable_thinking: false, tone: "calm" } }));
});
afterAll(() => folder.remove());

test("an ARM decodes under the template variables of its training; those that are given count before them", async () => {
  const trained = await openGuidedModel(places);
  expect(promptText(trained.tokenizer, "Hi")).toBe("Hi quiet calm");
  trained.dispose();
  const given = await openGuidedModel({ ...places, templateVars: { tone: "warm" } });
  expect(promptText(given.tokenizer, "Hi")).toBe("Hi quiet warm");
  given.dispose();
});

test("a format that is named as the template is the same as the training's", async () => {
  const named = await openGuidedModel({ ...places, promptFormat: "chat-template" });
  expect(promptText(named.tokenizer, "Hi")).toBe("Hi quiet calm");
  named.dispose();
});

test("another format than the template's has no use for them", async () => {
  const plain = await openGuidedModel({ ...places, promptFormat: "plain" });
  expect(promptText(plain.tokenizer, "Hi")).toBe("Hi");
  plain.dispose();
  await expect(openGuidedModel({ ...places, promptFormat: "plain", templateVars: { tone: "warm" } })).rejects.toThrow(
    "tone would have no effect, since prompts are written in the format plain",
  );
});

test("an unguided model has those that are given", async () => {
  const base = await openGuidedModel({ model: places.model, templateVars: { enable_thinking: false } });
  expect(promptText(base.tokenizer, "Hi")).toBe("Hi quiet");
  base.dispose();
});
