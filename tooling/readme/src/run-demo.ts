import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

/** Runs the demo in a folder of its own and gives what it prints to `use`, with the demo's folder. */
export function runDemo(args: readonly string[], use: (printed: string, demo: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), "uniarm-readme-"));
  const output = join(folder, "demo");
  try {
    const command = [fileURLToPath(import.meta.resolve("@uniarm/cli/main")), "demo", ...args, "--output", output];
    const printed = execFileSync(process.execPath, command, {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "inherit"],
    });
    use(printed, output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
