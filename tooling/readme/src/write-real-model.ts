/** `pnpm docs:real-model`: runs the demo on SmolLM2; what it prints goes into docs/real-model.md, its front beside it. */
import { copyFileSync, readFileSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { replaceDemo } from "./replace-demo.ts";
import { runDemo } from "./run-demo.ts";

const docs = resolve(import.meta.dirname, "../../../docs");
const page = join(docs, "real-model.md");
runDemo(["--base", "smollm2"], (printed, demo) => {
  writeFileSync(page, replaceDemo(readFileSync(page, "utf8"), printed, "pnpm docs:real-model"));
  copyFileSync(join(demo, "front.svg"), join(docs, "real-model.svg"));
});
