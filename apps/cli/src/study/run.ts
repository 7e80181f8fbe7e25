import { existsSync } from "node:fs";
import { mkdir, readFile } from "node:fs/promises";
import { join, relative, resolve } from "node:path";
import { MethodComparison } from "@uniarm/core/schema";
import { formatComparison, formatMethods, type FrontSummary } from "@uniarm/eval";
import { runStudy } from "@uniarm/pipeline";
import { planLaunch } from "@uniarm/pipeline/schema";
import { openEngineOnScreen } from "../open-engine.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import { onlyProcessOn } from "../serve/only-one.ts";
import { followGraph } from "./follow.ts";

/**
 * Runs a study and prints its methods side by side.
 * @throws UniArmError config-invalid, study-differs, study-running, and as the stages do
 */
export async function runStudyFile(
  config: unknown,
  { folder, json, signal }: { folder: string; json: boolean; signal: AbortSignal },
): Promise<"finished" | "stopped"> {
  const plan = planLaunch("study", config);
  await mkdir(folder, { recursive: true });
  await onlyProcessOn(
    resolve(folder),
    "study-running",
    `Another process runs a study in ${folder}. Wait for it, or stop it first.`,
  );
  const progress = json ? silentProgress : terminalProgress();
  await openEngineOnScreen(progress);
  const end = await followGraph(runStudy(plan, { folder, signal }), { progress, json });
  const shown = relative(process.cwd(), folder) || folder;
  if (end === "stopped") {
    progress.line("Interrupted; what was done is kept. The same command continues.");
    return end;
  }
  const fronts = JSON.parse(await readFile(join(folder, "compare", "comparison.json"), "utf8")) as FrontSummary[];
  const methods = await methodsIn(folder);
  if (json)
    process.stdout.write(`${JSON.stringify({ type: "comparison", folder, fronts, ...(methods && { methods }) })}\n`);
  else
    process.stdout.write(
      `\n${formatComparison(fronts)}\n${methods ? `${formatMethods(methods)}\n` : ""}` +
        `${shown}/: study.json, NAME/evaluate/report.json, compare/comparison.json${methods ? ", compare/methods.json" : ""}\n`,
    );
  return end;
}

/** Methods tested against each other; null in a folder whose comparison was made before there were such tests. */
async function methodsIn(folder: string): Promise<MethodComparison | null> {
  const path = join(folder, "compare", "methods.json");
  return existsSync(path) ? MethodComparison.parse(JSON.parse(await readFile(path, "utf8"))) : null;
}
