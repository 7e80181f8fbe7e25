import type { CommandContext } from "../command-context.ts";
import { EXIT } from "../exit-codes.ts";
import { silentProgress, terminalProgress } from "../progress.ts";

interface Following {
  onProgress: (phase: string, done: number, total: number, unit: string) => void;
  signal: AbortSignal;
}

/** Shows how far work is. Null: it was interrupted, and the exit code says so. */
export async function follow<T>(
  { signal, setExitCode }: CommandContext,
  json: boolean | undefined,
  work: (following: Following) => Promise<T>,
): Promise<T | null> {
  const progress = json ? silentProgress : terminalProgress();
  try {
    return await work({ signal, onProgress: (phase, done, total, unit) => progress.update(phase, done, total, unit) });
  } catch (error) {
    if (!signal.aborted) throw error;
    setExitCode(EXIT.interrupted);
    process.stderr.write("interrupted; the same command goes on: files that are there are not copied again\n");
    return null;
  } finally {
    progress.close();
  }
}
