import { writeSync } from "node:fs";
import { explore } from "../../src/index.ts";
import { TrainingRun } from "../../src/schema/index.ts";
import type { RoundRun } from "../../src/explore/round-graph.ts";

// A process of its own, to be killed: goes through the rounds it is given and names each event as it comes.
const run = TrainingRun.parse(JSON.parse(process.argv[2]!)) as RoundRun;
for await (const event of explore(run, { signal: new AbortController().signal })) {
  const what = event.type === "progress" ? `${event.phase} ${event.done}` : "";
  writeSync(1, `${event.type} ${what}\n`);
}
