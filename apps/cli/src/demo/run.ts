import { existsSync } from "node:fs";
import { join } from "node:path";
import { runGraph } from "@uniarm/pipeline";
import { tinyWorldModel } from "@uniarm/tiny-world";
import { pretrainBaseModel } from "../base-model.ts";
import { consume } from "../consume.ts";
import { openEngineOnScreen } from "../open-engine.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import { followGraph } from "../study/follow.ts";
import type { DemoConfig } from "./config.ts";
import { openDemoFolder } from "./folder.ts";
import { openRecorder } from "./record.ts";
import { writeResults } from "./results.ts";
import { demoLabel, demoLayout, demoPlan } from "./study.ts";

/** Runs the demo's study and shows what came of it; resolves to false when it was interrupted. */
export async function runDemo(
  asked: DemoConfig,
  { resume, json, signal }: { resume: string | undefined; json: boolean; signal: AbortSignal },
): Promise<boolean> {
  const { folder, config } = await openDemoFolder(asked, resume);
  const progress = json ? silentProgress : terminalProgress();
  await openEngineOnScreen(progress);
  const model = config.fromScratch ? join(folder, "base") : tinyWorldModel(config.base);
  const recorder = openRecorder(folder);
  const interrupted = (): false => {
    progress.close();
    progress.line(`Interrupted; what was done is kept. Go on with: npm run demo -- --resume ${folder}`);
    return false;
  };
  try {
    if (config.fromScratch && !existsSync(model)) {
      const { base: name, seed } = config;
      await consume(pretrainBaseModel({ name, output: model, seed }, signal), { progress, json });
      signal.throwIfAborted();
    }
    const { method } = config;
    const events = runGraph(demoPlan(config, model).nodes, { folder, signal, layout: demoLayout(method) });
    const end = await followGraph(events, {
      progress,
      json,
      label: (node) => demoLabel(method, node),
      onEvent: ({ node, event }) => {
        if (node.kind === "train") recorder.event(event);
      },
    });
    if (end === "stopped") return interrupted();
  } catch (error) {
    if (signal.aborted) return interrupted();
    throw error;
  }
  await writeResults({ config, folder, json, recorder });
  return true;
}
