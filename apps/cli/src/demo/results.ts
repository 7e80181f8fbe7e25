import { join, relative } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { paretoSvg, readGenerations } from "@uniarm/eval";
import { readReport } from "@uniarm/pipeline";
import { exactFront, tinyWorldObjectives } from "@uniarm/tiny-world";
import { settledDemo, type DemoConfig } from "./config.ts";
import type { Recorder } from "./record.ts";
import { demoPreferences, demoReport } from "./study.ts";
import { exactFigures, summary } from "./summary.ts";

const ARTIFACTS = {
  pairs: "pairs.jsonl",
  generations: "generations.jsonl",
  base: "base-generations.jsonl",
  scores: "scores.jsonl",
  report: "report.json",
  front: "front.svg",
};

/** Report, front and summary of the steered model, side by side with the base model and the exact optimum. */
export async function writeResults({
  config,
  folder,
  json,
  recorder,
}: {
  config: DemoConfig;
  folder: string;
  json: boolean;
  recorder: Recorder;
}): Promise<void> {
  const { method, objectives, strength } = settledDemo(config);
  const reportOf = async (name: string) => (await readReport(join(folder, demoReport(name)))).report;
  const reports = { guided: await reportOf(method), base: await reportOf("base") };
  const preferences = demoPreferences(config);
  await writeFileAtomically(join(folder, "report.json"), `${JSON.stringify(reports.guided, null, 2)}\n`);
  const exact = exactFront(preferences).map(({ preference, rewards }) => ({
    preference: [...preference],
    mean: rewards,
  }));
  const svg = await paretoSvg({
    title: `Tiny-world, ${method}, strength ${strength}`,
    objectives: tinyWorldObjectives(objectives),
    fronts: [
      { name: method, points: reports.guided.front.points },
      { name: "base model", points: reports.base.front.points },
      { name: "exact optimum", points: exact, exact: true },
    ],
  });
  await writeFileAtomically(join(folder, "front.svg"), svg);
  recorder.report(method, method, reports.guided);
  recorder.report("base", "base", reports.base);
  await recorder.finish({ name: `demo, ${method}`, config, artifacts: ARTIFACTS });
  if (json) {
    process.stdout.write(`${JSON.stringify({ type: "summary", folder, ...exactFigures(objectives, preferences) })}\n`);
    return;
  }
  const files = `${relative(process.cwd(), folder) || folder}/: config.json, pairs.jsonl, training/, generations.jsonl, scores.jsonl, report.json, front.svg`;
  const generations = await readGenerations(join(folder, "generations.jsonl"));
  process.stdout.write(`${summary({ config, reports, generations, preferences })}\n\n${files}\n`);
}
