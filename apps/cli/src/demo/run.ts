import { existsSync } from "node:fs";
import { join, relative } from "node:path";
import { openEngine, writeFileAtomically } from "@uniarm/core";
import { constantFront, paretoSvg } from "@uniarm/eval";
import { exactFront, tinyWorldModel, tinyWorldObjectives } from "@uniarm/tiny-world";
import { pretrainBaseModel } from "../base-model.ts";
import { consume } from "../consume.ts";
import { writeJsonLines } from "../json-lines.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import type { DemoConfig } from "./config.ts";
import { openDemoFolder } from "./folder.ts";
import {
  answer,
  demoPreferences,
  makePairsFile,
  report,
  scoreGenerations,
  trainRewardModel,
  type Demo,
} from "./phases.ts";
import { openRecorder } from "./record.ts";
import { exactFigures, summary } from "./summary.ts";

/** All phases in order; resolves to false when it was interrupted. */
export async function runDemo(
  asked: DemoConfig,
  { resume, json, signal }: { resume: string | undefined; json: boolean; signal: AbortSignal },
): Promise<boolean> {
  const { folder, config } = await openDemoFolder(asked, resume);
  const progress = json ? silentProgress : terminalProgress();
  const engine = await openEngine();
  progress.line(`engine                 ${engine.name} ${engine.version}${engine.reason ? ` (${engine.reason})` : ""}`);
  const model = config.fromScratch ? join(folder, "base") : tinyWorldModel(config.base);
  const demo: Demo = {
    config,
    folder,
    model,
    objectives: tinyWorldObjectives(config.objectives),
    progress,
    json,
    signal,
    recorder: openRecorder(folder),
  };
  try {
    if (config.fromScratch && !existsSync(model)) {
      await consume(pretrainBaseModel({ name: config.base, output: model, seed: config.seed }, signal), demo);
      signal.throwIfAborted();
    }
    await makePairsFile(demo);
    const checkpoint = await trainRewardModel(demo);
    if (checkpoint === null) return interrupted(demo);
    await measure(demo, checkpoint);
    return true;
  } catch (error) {
    if (signal.aborted) return interrupted(demo);
    throw error;
  }
}

/** Answers, scores and fronts of the steered model and of the base, side by side with the exact optimum. */
async function measure(demo: Demo, checkpoint: string): Promise<void> {
  const { config, folder, objectives } = demo;
  const preferences = demoPreferences(config);
  const base = await answer(demo, null);
  const guided = await answer(demo, checkpoint);
  const scores = await scoreGenerations(demo, guided);
  await writeJsonLines(join(folder, "scores.jsonl"), scores);
  const baseScores = constantFront(await scoreGenerations(demo, base), preferences);
  const reports = { guided: await report(demo, scores), base: await report(demo, baseScores) };

  await writeFileAtomically(join(folder, "report.json"), `${JSON.stringify(reports.guided, null, 2)}\n`);
  const exact = exactFront(preferences).map(({ preference, rewards }) => ({
    preference: [...preference],
    mean: rewards,
  }));
  const svg = await paretoSvg({
    title: `Tiny-world, ${config.method}, strength ${config.strength}`,
    objectives,
    fronts: [
      { name: config.method, points: reports.guided.front.points },
      { name: "base model", points: reports.base.front.points },
      { name: "exact optimum", points: exact, exact: true },
    ],
  });
  await writeFileAtomically(join(folder, "front.svg"), svg);
  demo.recorder.report(config.method, config.method, reports.guided);
  demo.recorder.report("base", "base", reports.base);
  const artifacts = {
    pairs: "pairs.jsonl",
    generations: "generations.jsonl",
    base: "base-generations.jsonl",
    scores: "scores.jsonl",
    report: "report.json",
    front: "front.svg",
  };
  await demo.recorder.finish({ name: `demo, ${config.method}`, config, artifacts });
  const files = `${relative(process.cwd(), folder) || folder}/: config.json, pairs.jsonl, training/, generations.jsonl, scores.jsonl, report.json, front.svg`;
  if (demo.json)
    process.stdout.write(
      `${JSON.stringify({ type: "summary", folder, ...exactFigures(config.objectives, preferences) })}\n`,
    );
  else process.stdout.write(`${summary({ config, reports, generations: guided, preferences })}\n\n${files}\n`);
}

function interrupted({ progress, folder }: Demo): false {
  progress.close();
  progress.line(`Interrupted; what was done is kept. Go on with: npm run demo -- --resume ${folder}`);
  return false;
}
