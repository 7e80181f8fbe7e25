import { writeSync } from "node:fs";
import { TrainingConfig } from "@uniarm/core/schema";
import { train } from "../src/index.ts";

// A process of its own, to be killed: trains the configuration it is given and names each event as it comes.
for await (const event of train(TrainingConfig.parse(JSON.parse(process.argv[2]!)))) {
  writeSync(1, `${event.type} ${"step" in event ? event.step : ""}\n`);
}
