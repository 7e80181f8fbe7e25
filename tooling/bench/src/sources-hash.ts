import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..", "..");
const MEASURED = [
  "packages/{core,trainer,decoder}/src/**/*.ts",
  "tooling/engine/native/*",
  "tooling/reference/bench/*.py",
  "tooling/bench/src/programs/*.ts",
  "tooling/bench/sizes.json",
];

/** A hash of everything whose change makes earlier samples worthless. */
export function sourcesHash(): string {
  const hash = createHash("sha256");
  for (const path of globSync(MEASURED, { cwd: root }).sort()) hash.update(path).update(readFileSync(join(root, path)));
  return hash.digest("hex");
}
