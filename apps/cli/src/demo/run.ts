import { provenanceHere } from "@uniarm/client/provenance";
import { runGraph } from "@uniarm/pipeline";
import { openEngineOnScreen } from "../open-engine.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import { followGraph } from "../study/follow.ts";
import type { Demo } from "./demo.ts";
import { demoLabel, demoLayout } from "./layout.ts";
import { openRecorder } from "./record.ts";
import { writeResults } from "./results.ts";

/** Runs a demo's study in its folder and shows what came of it; resolves to false when it was interrupted. */
export async function runDemo(
  demo: Demo,
  { folder, json, signal }: { folder: string; json: boolean; signal: AbortSignal },
): Promise<boolean> {
  const progress = json ? silentProgress : terminalProgress();
  const engine = await openEngineOnScreen(progress);
  const recorder = openRecorder(folder);
  recorder.began(await provenanceHere([import.meta.url, import.meta.resolve("@uniarm/core")], engine));
  const interrupted = (): false => {
    progress.close();
    progress.line(`Interrupted; what was done is kept. Go on with: npm run demo -- --resume ${folder}`);
    return false;
  };
  try {
    await demo.prepare({ folder, progress, json, signal });
    const { method } = demo;
    const events = runGraph(demo.plan(folder).nodes, { folder, signal, layout: demoLayout(method) });
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
  await writeResults({ demo, folder, json, recorder });
  return true;
}
