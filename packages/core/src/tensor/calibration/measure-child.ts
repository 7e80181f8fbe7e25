/** Prints what the tensorflow engine measured, as one line of JSON; a process of its own, as `measureApart` says. */
import { openEngine } from "../engine.ts";
import { measureProducts } from "./measure.ts";

await openEngine("tensorflow");
process.stdout.write(`${JSON.stringify(measureProducts())}\n`);
