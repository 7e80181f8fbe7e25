/** `pnpm bench:setup`: a virtual environment with torch and transformers in this user's cache, for `pnpm bench`. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { findPython, MissingPrerequisite } from "../../engine/src/prerequisites.ts";
import { run } from "../../engine/src/run.ts";
import { benchPython, requirementsFile, venvFolder } from "./python.ts";

const say = (line: string): void => void process.stderr.write(`${line}\n`);

try {
  const found = benchPython();
  if (found === null) {
    const folder = venvFolder();
    const python = findPython();
    rmSync(folder, { recursive: true, force: true }); // a half-made one is useless
    say("making a virtual environment and installing torch and transformers (some GB, once for this user)");
    await run(python, ["-m", "venv", folder]).catch((cause: unknown) => {
      throw new MissingPrerequisite(`${python} makes no virtual environment (Debian: apt-get install python3-venv)`, {
        cause,
      });
    });
    await run(join(folder, "bin", "python"), ["-m", "pip", "install", "--quiet", "-r", requirementsFile]);
  }
  process.stdout.write("PyTorch is installed: pnpm bench\n");
} catch (error) {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = error instanceof MissingPrerequisite ? 3 : 1;
}
