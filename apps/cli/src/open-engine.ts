import { openEngine, type EngineInfo } from "@uniarm/core";
import type { Progress } from "./progress.ts";

/** Opens the engine and says which one it is. */
export async function openEngineOnScreen(progress: Progress): Promise<EngineInfo> {
  const engine = await openEngine();
  const { name, version, reason } = engine;
  progress.line(`engine                 ${name} ${version}${reason ? ` (${reason})` : ""}`);
  return engine;
}
