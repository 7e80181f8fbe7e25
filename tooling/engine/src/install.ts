/**
 * `pnpm engine:install`: makes the tensorflow engine, or says in one sentence why it cannot be built here.
 *   --gpu     TensorFlow's GPU build with its CUDA libraries; without it the CPU build. Run again to change between them.
 *   --check   changes nothing: tells whether the engine is there and runs
 *   --json    JSON on standard output, a line each: { note } of what takes long, last { engine, version, ... | reason, seconds }
 * Exit code 0: it runs. 3: this machine lacks something, which is named. 1: the build or its test failed.
 */
import { basename, join } from "node:path";
import { parseArgs } from "node:util";
import { compileBinding, linkBinding, linkedFolder, unlinkBinding } from "./binding.ts";
import {
  bindingFolder,
  buildOnce,
  bytesFor,
  hasTensorFlow,
  isBuilt,
  tensorflowFolder,
  TENSORFLOW_VERSION,
  type Variant,
} from "./cache.ts";
import { platformOf, thisMachine } from "./platform.ts";
import { findCompiler, findPython, MissingPrerequisite } from "./prerequisites.ts";
import { run } from "./run.ts";
import type { SelfTest } from "./self-test.ts";
import { engineStatus } from "./status.ts";
import { fetchTensorFlow, wheelName } from "./wheel.ts";

const LACKS_SOMETHING = 3;
const SIZE: Record<Variant, string> = { cpu: "260 MB", gpu: "about 3 GB" };

/** Builds what this user's cache lacks, links it and tries it. `note` hears what takes long. */
export async function installEngine(variant: Variant, note: (line: string) => void): Promise<SelfTest> {
  const platform = platformOf(thisMachine());
  if (!platform.verified) note(`${process.platform}-${process.arch} was never tried: please report how it went`);
  const [tensorflow, final] = [tensorflowFolder(variant), bindingFolder(variant)];
  if (!isBuilt(final)) {
    const [python, compiler] = [hasTensorFlow(tensorflow) ? "" : findPython(), findCompiler()];
    const fetch = async (partial: string): Promise<void> => {
      note(`downloading ${wheelName(variant, platform)} ${TENSORFLOW_VERSION} (${SIZE[variant]}, once for this user)`);
      await fetchTensorFlow(python, partial, variant, platform);
    };
    await buildOnce(tensorflow, hasTensorFlow, fetch, bytesFor(variant));
    await buildOnce(final, isBuilt, async (partial) => {
      note("compiling the binding and our operations (under a minute)");
      await compileBinding(compiler, platform, { partial, final, tensorflow });
    });
  }
  const before = linkedFolder();
  linkBinding(final);
  try {
    return await selfTest();
  } catch (error) {
    // an engine that fails its test must not be found by anybody; the one before it did not fail
    if (before !== null && before !== final) linkBinding(before);
    else unlinkBinding();
    throw new Error(`${messageOf(error)} (to build it anew remove ${final})`, { cause: error });
  }
}

/** @throws MissingPrerequisite when there is no engine, Error when it does not calculate */
async function checkEngine(): Promise<SelfTest> {
  const status = engineStatus();
  if (status.reason !== undefined) throw new MissingPrerequisite(status.reason);
  const linked = linkedFolder();
  const ofThisClone = (["cpu", "gpu"] as const).map((variant) => basename(bindingFolder(variant)));
  if (linked !== null && !ofThisClone.includes(basename(linked))) {
    throw new MissingPrerequisite(
      "the tensorflow engine was built from other sources than this clone's (pnpm engine:install)",
    );
  }
  return selfTest();
}

const selfTest = async (): Promise<SelfTest> =>
  JSON.parse(await run(process.execPath, [join(import.meta.dirname, "self-test.ts")])) as SelfTest;
const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

async function main(): Promise<void> {
  const options = { gpu: { type: "boolean" }, check: { type: "boolean" }, json: { type: "boolean" } } as const;
  const { values: flags } = parseArgs({ options });
  const startedAt = performance.now();
  const seconds = (): number => Math.round((performance.now() - startedAt) / 100) / 10;
  const sayJson = (record: object): void => void process.stdout.write(`${JSON.stringify(record)}\n`);
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  const note = (line: string): void => {
    if (flags.json) sayJson({ note: line });
    else say(line);
  };
  try {
    const found = flags.check ? await checkEngine() : await installEngine(flags.gpu ? "gpu" : "cpu", note);
    if (flags.json) sayJson({ engine: "tensorflow", ...found, seconds: seconds() });
    else process.stdout.write(`${sentenceOf(found)} (${seconds().toFixed(1)} s)\n`);
  } catch (error) {
    const missing = error instanceof MissingPrerequisite;
    const reason = `${missing ? "" : "the tensorflow engine does not work: "}${messageOf(error)}`;
    if (flags.json) sayJson({ engine: "wasm", reason, seconds: seconds() });
    else say(reason);
    process.exitCode = missing ? LACKS_SOMETHING : 1;
  }
}

function sentenceOf({ version, device, threads, bfloat16 }: SelfTest): string {
  const where = device === "gpu" ? "a GPU" : `${threads} CPU ${threads === 1 ? "thread" : "threads"}`;
  return `TensorFlow ${version} runs on ${where}, bfloat16 ${bfloat16 ? "in hardware" : "widened"}`;
}

if (import.meta.main) {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2";
  await main();
}
