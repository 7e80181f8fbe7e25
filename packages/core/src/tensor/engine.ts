import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import util from "node:util";
import { UniArmError } from "../schema/error.ts";
import { registerMissingKernels } from "./missing-kernels.ts";
import { findNativeOps, nativeOps, tensorFlowBinding } from "./native.ts";
import * as tf from "./tf.ts";
import { chooseThreads, coresHere, type ThreadChoice } from "./threads.ts";

export type EngineName = "tensorflow" | "wasm";

export interface EngineInfo {
  name: EngineName;
  version: string;
  /** what it calculates on */
  device: "cpu" | "gpu";
  /** CPU threads of one operation */
  threads: number;
  /** what says how many, where it is a choice */
  threadsReason?: string;
  /** whether bfloat16 numbers are multiplied as they are, which not every CPU that can does well; else they are widened first */
  bfloat16: boolean;
  /** whether it has the project's own operations for the hot path (CPU builds of `pnpm engine:install`) */
  ownOperations: boolean;
  /** why the faster engine is not the one, when it is not */
  reason?: string;
}

let opened: Promise<EngineInfo> | null = null;
let ready: EngineInfo | null = null;

/** The engine of this process; null as long as none was opened. */
export const openedEngine = (): EngineInfo | null => ready;

/**
 * Opens the tensor engine, once per process. `choice`, else UNIARM_ENGINE, decides; without either it is tensorflow where
 * its native binding loads, else wasm with the reason. TensorFlow runs on a GPU if it sees one, else on UNIARM_THREADS or
 * the cores that are there (`chooseThreads`).
 * @throws UniArmError engine-unknown, engine-unavailable, engine-already-open, threads-invalid
 */
export async function openEngine(choice?: EngineName): Promise<EngineInfo> {
  opened ??= open(choice ?? environmentChoice());
  const engine = await opened.catch((error: unknown) => {
    opened = null;
    throw error;
  });
  ready = engine;
  if (choice !== undefined && engine.name !== choice) {
    throw new UniArmError(
      "engine-already-open",
      `This process already runs on ${engine.name}; ${choice} needs a process of its own. Set UNIARM_ENGINE=${choice} before it starts.`,
    );
  }
  return engine;
}

function environmentChoice(): EngineName | undefined {
  const value = process.env.UNIARM_ENGINE;
  if (value === undefined || value === "") return undefined;
  if (value === "tensorflow" || value === "wasm") return value;
  throw new UniArmError("engine-unknown", `UNIARM_ENGINE is "${value}"; it must be tensorflow or wasm, or not set.`);
}

async function open(choice: EngineName | undefined): Promise<EngineInfo> {
  if (choice === "wasm") return openWasm();
  const threads = chooseThreads(process.env, coresHere()); // a wrong setting is no reason to take the slower engine
  try {
    return await openTensorFlow(threads);
  } catch (error) {
    const reason = reasonOf(error);
    if (choice === "tensorflow") {
      throw new UniArmError(
        "engine-unavailable",
        `The tensorflow engine was asked for and does not load: ${reason}. Build it with \`pnpm engine:install\`, or set UNIARM_ENGINE=wasm.`,
        { cause: error },
      );
    }
    return { ...(await openWasm()), reason: `tensorflow does not load: ${reason} (pnpm engine:install builds it)` };
  }
}

/** The first line of what went wrong; for a missing package or binding the message is pages of paths. */
function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  if (/Cannot find (module|package)|native addon module/.test(text)) return "its native binding is not installed";
  return (text.split("\n")[0] ?? "").replace(/\.$/, "");
}

async function openTensorFlow(chosen: ThreadChoice): Promise<EngineInfo> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2"; // users need not see its start-up lines
  process.env.TF_NUM_INTRAOP_THREADS = String(chosen.threads);
  process.env.TF_ENABLE_ONEDNN_OPTS ??= "1";
  quietly(() => {
    createRequire(import.meta.url)("@tensorflow/tfjs-node-gpu");
  });
  await tf.setBackend("tensorflow");
  findNativeOps();
  const own = nativeOps();
  const isGpu = tensorFlowBinding().isUsingGpuDevice();
  return {
    name: "tensorflow",
    version: tensorFlowBinding().TF_Version,
    device: isGpu ? "gpu" : "cpu",
    threads: own?.threads ?? chosen.threads,
    threadsReason: chosen.reason,
    bfloat16: isGpu || (own?.bfloat16 ?? false),
    ownOperations: own !== null,
  };
}

/**
 * tfjs-node calls two functions of node:util that are deprecated in Node 22 and gone in 23, and tfjs warns that its Node
 * platform is set twice. Equal functions take their place, and production mode keeps the warning down.
 */
function quietly(work: () => void): void {
  Object.assign(util, {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown) => value === undefined || value === null,
  });
  const before = tf.env().getBool("PROD");
  tf.env().set("PROD", true);
  try {
    work();
  } finally {
    tf.env().set("PROD", before);
  }
}

async function openWasm(): Promise<EngineInfo> {
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  // tfjs-core's CommonJS bundle has no gradients: the bundle of tfjs-layers brings them (tfjs-node's does so too)
  await import("@tensorflow/tfjs-layers");
  const folder = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"));
  wasm.setWasmPaths(join(folder, "/"));
  registerMissingKernels("wasm");
  await keepingProcessListeners(async () => {
    await tf.setBackend("wasm");
    await tf.ready();
  });
  return {
    name: "wasm",
    version: wasm.version_wasm,
    device: "cpu",
    threads: 1,
    bfloat16: false,
    ownOperations: false,
  };
}

/** The wasm module hooks the uncaught errors of the whole process; those belong to the owner of the process. */
async function keepingProcessListeners(work: () => Promise<void>): Promise<void> {
  const events = ["uncaughtException", "unhandledRejection"];
  const before = events.map((event) => process.rawListeners(event));
  await work();
  events.forEach((event, index) => {
    const added = process.rawListeners(event).filter((listener) => !before[index]?.includes(listener));
    for (const listener of added) process.off(event, listener as () => void);
  });
}

/** @throws UniArmError engine-not-open, where tfjs itself would say "No backend found in registry" */
export function requireEngine(): void {
  if (tf.engine().backendName) return;
  throw new UniArmError(
    "engine-not-open",
    "No tensor engine is open. Call `await openEngine()` before making tensors.",
  );
}

/** True where a matMul with a transposed right side takes a slow path, so that transposing first is cheaper. */
export const transposesFirst = (): boolean => tf.getBackend() === "wasm";
