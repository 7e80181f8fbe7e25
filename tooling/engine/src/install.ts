/** `pnpm engine:install`: makes the tensorflow engine, or says in one sentence why it cannot be had here. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { styleText } from "node:util";
import { compileBinding, isLinked, linkBinding, unlinkBinding } from "./binding.ts";
import { bindingFile, buildOnce, engineFolder } from "./cache.ts";
import { findCompiler, findPython, MissingPrerequisite } from "./prerequisites.ts";
import { run } from "./run.ts";
import { fetchTensorFlow } from "./wheel.ts";

/** Exit code when this machine lacks something; bootstrap then goes on with wasm. */
const CANNOT_BE_HAD = 3;

export async function installEngine(folder: string): Promise<string> {
  if (process.platform !== "linux") {
    throw new MissingPrerequisite(`the tensorflow engine is built on Linux only so far, not on ${process.platform}`);
  }
  await buildOnce(folder, async (partial) => {
    const python = findPython();
    const compiler = findCompiler();
    await fetchTensorFlow(python, partial);
    await compileBinding(compiler, partial);
  });
  const tested = existsSync(bindingFile(folder)) && isLinked(folder);
  linkBinding(folder);
  if (tested) return "ready";
  try {
    const version = await run(process.execPath, [join(import.meta.dirname, "self-test.ts")]);
    return `TensorFlow ${version.trim().split("\n").at(-1) ?? ""}`;
  } catch (error) {
    unlinkBinding(); // an engine that fails its test must not be found by anybody
    throw error;
  }
}

if (import.meta.main) {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  try {
    process.stdout.write(`tensorflow engine: ${await installEngine(engineFolder())}\n`);
  } catch (error) {
    const missing = error instanceof MissingPrerequisite;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`${missing ? message : `${styleText("red", "the build failed")}: ${message}`}\n`);
    process.exitCode = missing ? CANNOT_BE_HAD : 1;
  }
}
