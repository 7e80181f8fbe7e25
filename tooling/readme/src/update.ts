/** `pnpm readme`: runs the demo and puts what it prints between README.md's demo marks. */
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { replaceDemo } from "./replace-demo.ts";

const root = resolve(import.meta.dirname, "../../..");
const folder = mkdtempSync(join(tmpdir(), "uniarm-readme-"));
try {
  const demo = [fileURLToPath(import.meta.resolve("@uniarm/cli/main")), "demo", "--output", join(folder, "demo")];
  const printed = execFileSync(process.execPath, demo, {
    cwd: folder,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  const file = join(root, "README.md");
  writeFileSync(file, replaceDemo(readFileSync(file, "utf8"), printed));
} finally {
  rmSync(folder, { recursive: true, force: true });
}
