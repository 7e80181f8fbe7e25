import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { dayOf, now, readManifest } from "@uniarm/core";
import { collect, temporaryFolder } from "@uniarm/core/testing";
import { TrainingConfig } from "@uniarm/core/schema";
import { expect, onTestFinished, test } from "vitest";
import { datedVars } from "../src/dated-vars.ts";
import { train } from "../src/train.ts";
import { tinyRun } from "./tiny-run.ts";

const DATED =
  "{{ strftime_now('%d %b %Y') }}{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}{% if add_generation_prompt %}[assistant]{% endif %}";

async function datedRun(): Promise<TrainingConfig> {
  const { path, remove } = await temporaryFolder();
  onTestFinished(remove);
  const config = await tinyRun(path);
  await writeFile(join(config.model, "chat_template.jinja"), DATED);
  return config;
}

test("a run whose template writes the date keeps the day on which it was started", async () => {
  const config = await datedRun();
  const started = { ...config, templateVars: { strftime_now: "2026-07-26", more: 1 } };
  expect(await datedVars(config, undefined)).toEqual({ strftime_now: dayOf(now()) });
  expect(await datedVars(config, started)).toEqual({ strftime_now: "2026-07-26" });
  expect(await datedVars(started, undefined)).toEqual(started.templateVars);
  expect(await datedVars({ ...config, promptFormat: "plain" }, undefined)).toEqual({});
});

test("the day is stored with the run and in its checkpoints", async () => {
  const config = { ...(await datedRun()), steps: 1, templateVars: { strftime_now: "2026-07-26" } };
  await collect(train(config));
  const stored = TrainingConfig.parse(JSON.parse(await readFile(join(config.output, "config.json"), "utf8")));
  expect(stored.templateVars).toEqual({ strftime_now: "2026-07-26" });
  expect((await readManifest(config.output)).templateVars).toEqual({ strftime_now: "2026-07-26" });
});
