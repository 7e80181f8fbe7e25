#!/usr/bin/env node
import { exitCodeOf } from "./failure.ts";
import { createProgram } from "./program.ts";

/** One Ctrl-C may reach the process twice: from the terminal's group and from whoever started it. */
const SAME_SIGNAL_MS = 500;

const stop = new AbortController();
let firstSignalAt: number | null = null;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    if (firstSignalAt !== null) {
      if (Date.now() - firstSignalAt > SAME_SIGNAL_MS) process.exit(130); // a second Ctrl-C does not wait for the checkpoint
      return;
    }
    firstSignalAt = Date.now();
    process.stderr.write("\nstopping after this step; press Ctrl-C again to stop at once\n");
    stop.abort();
  });
}

// who reads the output may leave before its end, as `head` does: the work stops as at Ctrl-C
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  stop.abort();
});

try {
  process.exitCode = await createProgram(stop.signal).run(process.argv);
} catch (error) {
  process.exitCode = exitCodeOf(error, process.argv.includes("--json"));
}
