/** `pnpm readme`: runs the demo and puts what it prints between README.md's demo marks. */
import { readFileSync, writeFileSync } from "node:fs";
import { resolve } from "node:path";
import { replaceDemo } from "./replace-demo.ts";
import { runDemo } from "./run-demo.ts";

const file = resolve(import.meta.dirname, "../../../README.md");
runDemo([], (printed) => writeFileSync(file, replaceDemo(readFileSync(file, "utf8"), printed, "pnpm readme")));
