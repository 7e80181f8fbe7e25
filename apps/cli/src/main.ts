#!/usr/bin/env node
import { exitCodeOf } from "./failure.ts";
import { createProgram } from "./program.ts";

const stop = new AbortController();
let signals = 0;
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    signals += 1;
    if (signals > 1) process.exit(130); // a second Ctrl-C does not wait for the checkpoint
    process.stderr.write("\nstopping after this step; press Ctrl-C again to stop at once\n");
    stop.abort();
  });
}

try {
  process.exitCode = await createProgram(stop.signal).run(process.argv);
} catch (error) {
  process.exitCode = exitCodeOf(error, process.argv.includes("--json"));
}
