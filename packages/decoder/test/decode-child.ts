import { writeSync } from "node:fs";
import { DecodingConfig } from "@uniarm/core/schema";
import { decode } from "../src/decode.ts";

// A process of its own, to be killed: decodes the configuration it is given and names each event as it comes.
for await (const event of decode(DecodingConfig.parse(JSON.parse(process.argv[2]!)))) writeSync(1, `${event.type}\n`);
