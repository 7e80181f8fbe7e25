/**
 * `pnpm check:exports`: what we export must load in transformers and PEFT and give our logits to 2e-3.
 * The Python for it is UNIARM_REFERENCE_PYTHON, or a virtual environment in this user's cache, made when it is not there
 * and can be made in --minutes (default 6); where neither is possible, a line says so and the check is skipped (exit 0).
 */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { cacheFolder } from "../../engine/src/cache.ts";
import { findPython } from "../../engine/src/prerequisites.ts";

const { values: flags } = parseArgs({ options: { minutes: { type: "string", default: "6" } } });
const here = join(import.meta.dirname, "..");
const venv = join(cacheFolder(process.env), "reference-python");
const hasPackages = (python: string): boolean =>
  existsSync(python) &&
  spawnSync(python, ["-c", "import peft, safetensors, torch, transformers"], { stdio: "ignore", timeout: 120_000 })
    .status === 0;

function run(command: string, args: readonly string[], timeoutMs?: number): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(command, args, {
      stdio: ["ignore", "inherit", "pipe"],
      ...(timeoutMs ? { timeout: timeoutMs } : {}),
    });
    let complaint = "";
    child.stderr.on("data", (part: Buffer) => (complaint = `${complaint}${part.toString()}`.slice(-2000)));
    child.on("error", (error) => {
      resolve(error.message);
    });
    child.on("close", (code, signal) => {
      if (code === 0) resolve(null);
      else
        resolve(
          signal
            ? `it did not end within ${flags.minutes} minutes`
            : complaint.trim().split("\n").at(-1) || `exit code ${code}`,
        );
    });
  });
}

/** A Python with everything, or why there is none. */
async function python(): Promise<{ command: string } | { reason: string }> {
  const given = process.env.UNIARM_REFERENCE_PYTHON;
  if (given) return hasPackages(given) ? { command: given } : { reason: `${given} lacks torch, transformers or peft` };
  const own = join(venv, "bin", "python");
  if (hasPackages(own)) return { command: own };
  const deadline = Date.now() + Number(flags.minutes) * 60_000;
  try {
    const found = findPython();
    rmSync(venv, { recursive: true, force: true }); // half of one is of no use
    const failed =
      (await run(found, ["-m", "venv", venv], 60_000)) ??
      (await run(
        own,
        ["-m", "pip", "install", "--quiet", "-r", join(here, "exports-requirements.txt")],
        deadline - Date.now(),
      ));
    if (failed === null) return { command: own };
    rmSync(venv, { recursive: true, force: true });
    return { reason: `its Python environment cannot be made: ${failed}` };
  } catch (error) {
    return { reason: (error as Error).message };
  }
}

const found = await python();
if ("reason" in found) process.stdout.write(`skipped, exports in transformers and PEFT: ${found.reason}\n`);
else {
  const folder = mkdtempSync(join(tmpdir(), "uniarm-exports-"));
  try {
    const failed =
      (await run(process.execPath, [join(import.meta.dirname, "exports.ts"), folder])) ??
      (await run(found.command, [join(here, "check_exports.py"), join(folder, "cases.json")]));
    if (failed !== null) {
      process.stderr.write(`${failed}\n`);
      process.exitCode = 1;
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
