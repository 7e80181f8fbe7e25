import { join, relative } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { paretoSvg, readGenerations, readScores } from "@uniarm/eval";
import { readReport } from "@uniarm/pipeline";
import type { Demo } from "./demo.ts";
import { demoReport } from "./layout.ts";
import type { Recorder } from "./record.ts";

const ARTIFACTS = {
  pairs: "pairs.jsonl",
  generations: "generations.jsonl",
  base: "base-generations.jsonl",
  scores: "scores.jsonl",
  report: "report.json",
  front: "front.svg",
};

/** Report, front and summary of the steered model, side by side with the base model. */
export async function writeResults({
  demo,
  folder,
  json,
  recorder,
}: {
  demo: Demo;
  folder: string;
  json: boolean;
  recorder: Recorder;
}): Promise<void> {
  const { method, config, shown } = demo;
  const reportOf = async (name: string) => (await readReport(join(folder, demoReport(name)))).report;
  const reports = { guided: await reportOf(method), base: await reportOf("base") };
  await writeFileAtomically(join(folder, "report.json"), `${JSON.stringify(reports.guided, null, 2)}\n`);
  const svg = await paretoSvg({
    ...shown.plot,
    fronts: [
      { name: method, points: reports.guided.front.points },
      { name: "base model", points: reports.base.front.points },
      ...(shown.optimum ? [shown.optimum] : []),
    ],
  });
  await writeFileAtomically(join(folder, "front.svg"), svg);
  recorder.report(method, method, reports.guided);
  recorder.report("base", "base", reports.base);
  await recorder.finish({ name: demo.name, config, artifacts: ARTIFACTS });
  if (json) {
    process.stdout.write(`${JSON.stringify({ type: "summary", folder, ...shown.figures })}\n`);
    return;
  }
  const files = `${relative(process.cwd(), folder) || folder}/: config.json, pairs.jsonl, training/, generations.jsonl, scores.jsonl, report.json, front.svg`;
  const steered = {
    generations: await readGenerations(join(folder, "generations.jsonl")),
    scores: await readScores(join(folder, "scores.jsonl")),
  };
  process.stdout.write(`${shown.summary(reports, steered)}\n\n${files}\n`);
}
