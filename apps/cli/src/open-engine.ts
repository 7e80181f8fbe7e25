import { openEngine } from "@uniarm/core";
import type { Progress } from "./progress.ts";

/** Opens the engine and says which one it is. */
export async function openEngineOnScreen(progress: Progress): Promise<void> {
  const { name, version, reason } = await openEngine();
  progress.line(`engine                 ${name} ${version}${reason ? ` (${reason})` : ""}`);
}
