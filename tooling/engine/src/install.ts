/**
 * `pnpm engine:install`: makes the tensorflow engine, or says in one sentence why it cannot be had here.
 *   --check   changes nothing: tells whether the engine is there and runs
 *   --json    JSON on standard output, a line each: { note } of what takes long, last { engine, version | reason, seconds }
 * Exit code 0: it runs. 3: this machine lacks something, which is named. 1: the build or its test failed.
 */
import { join } from "node:path";
import { parseArgs } from "node:util";
import { compileBinding, isLinked, linkBinding, unlinkBinding } from "./binding.ts";
import { buildOnce, engineFolder, TENSORFLOW_VERSION } from "./cache.ts";
import { findCompiler, findPython, MissingPrerequisite } from "./prerequisites.ts";
import { run } from "./run.ts";
import { engineStatus } from "./status.ts";
import { fetchTensorFlow } from "./wheel.ts";

const LACKS_SOMETHING = 3;

/** Builds what this user's cache lacks and links it. Resolves to TensorFlow's version. `note` hears what takes long. */
export async function installEngine(folder: string, note: (line: string) => void): Promise<string> {
  if (process.platform !== "linux") {
    throw new MissingPrerequisite(`the tensorflow engine is built on Linux only so far, not on ${process.platform}`);
  }
  await buildOnce(folder, async (partial) => {
    const python = findPython();
    const compiler = findCompiler();
    note(`downloading TensorFlow ${TENSORFLOW_VERSION} (260 MB, once for this user) and compiling its binding`);
    await fetchTensorFlow(python, partial);
    await compileBinding(compiler, partial);
  });
  if (isLinked(folder)) return TENSORFLOW_VERSION; // nothing is linked that has not passed its test
  linkBinding(folder);
  try {
    return await selfTest();
  } catch (error) {
    unlinkBinding(); // an engine that fails its test must not be found by anybody
    throw new Error(`${messageOf(error)} (to build it anew remove ${folder})`, { cause: error });
  }
}

/** @throws MissingPrerequisite when there is no engine, Error when it does not calculate */
async function checkEngine(): Promise<string> {
  const status = engineStatus();
  if (status.reason !== undefined) throw new MissingPrerequisite(status.reason);
  return selfTest();
}

const selfTest = (): Promise<string> => run(process.execPath, [join(import.meta.dirname, "self-test.ts")]);
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function main(): Promise<void> {
  const { values: flags } = parseArgs({ options: { check: { type: "boolean" }, json: { type: "boolean" } } });
  const startedAt = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedAt) / 100) / 10;
  const sayJson = (record: object): void => void process.stdout.write(`${JSON.stringify(record)}\n`);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const note = (line: string): void => {
    if (flags.json) sayJson({ note: line });
    else say(line);
  };
  try {
    const version = flags.check ? await checkEngine() : await installEngine(engineFolder(), note);
    if (flags.json) sayJson({ engine: "tensorflow", version, seconds: seconds() });
    else process.stdout.write(`TensorFlow ${version} runs (${seconds().toFixed(1)} s)\n`);
  } catch (error) {
    const missing = error instanceof MissingPrerequisite;
    const reason = `${missing ? "" : "the tensorflow engine does not work: "}${messageOf(error)}`;
    if (flags.json) sayJson({ engine: "wasm", reason, seconds: seconds() });
    else say(reason);
    process.exitCode = missing ? LACKS_SOMETHING : 1;
  }
}

if (import.meta.main) {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  await main();
}
