import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import util from "node:util";
import { UniArmError } from "../schema/error.ts";
import * as tf from "./tf.ts";

export type EngineName = "tensorflow" | "wasm";

export interface EngineInfo {
  name: EngineName;
  version: string;
  /** why the faster engine is not the one, when it is not */
  reason?: string;
}

let opened: Promise<EngineInfo> | null = null;

/**
 * Opens the tensor engine, once a process. `choice`, else UNIARM_ENGINE, decides; without either it is tensorflow
 * where its native binding loads, else wasm with the reason.
 * @throws UniArmError engine-unknown, engine-unavailable, engine-already-open
 */
export async function openEngine(choice?: EngineName): Promise<EngineInfo> {
  opened ??= open(choice ?? environmentChoice());
  const engine = await opened.catch((error: unknown) => {
    opened = null;
    throw error;
  });
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
  try {
    return await openTensorFlow();
  } catch (error) {
    const reason = (error instanceof Error ? error.message : String(error)).split("\n")[0] ?? "";
    if (choice === "tensorflow") {
      throw new UniArmError(
        "engine-unavailable",
        `UNIARM_ENGINE asks for tensorflow, which does not load: ${reason} Build it with \`pnpm engine:install\`, or set UNIARM_ENGINE=wasm.`,
      );
    }
    return { ...(await openWasm()), reason: "tensorflow is not installed: pnpm engine:install builds it" };
  }
}

async function openTensorFlow(): Promise<EngineInfo> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= "2"; // its start-up lines are not for users
  process.env.TF_ENABLE_ONEDNN_OPTS ??= "1";
  quietly(() => {
    createRequire(import.meta.url)("@tensorflow/tfjs-node-gpu");
  });
  await tf.setBackend("tensorflow");
  const backend = tf.backend() as unknown as { binding: { TF_Version: string } };
  return { name: "tensorflow", version: backend.binding.TF_Version };
}

/** tfjs-node calls deprecated functions of Node. Each warns once a process: let them do it here, unheard. */
function quietly(work: () => void): void {
  const emitWarning = process.emitWarning.bind(process);
  process.emitWarning = () => undefined;
  try {
    const deprecated = util as unknown as Record<"isArray" | "isNullOrUndefined", (value: unknown) => boolean>;
    deprecated.isArray([]);
    deprecated.isNullOrUndefined(null);
    work();
  } finally {
    process.emitWarning = emitWarning;
  }
}

async function openWasm(): Promise<EngineInfo> {
  const wasm = await import("@tensorflow/tfjs-backend-wasm");
  const folder = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-backend-wasm"));
  wasm.setWasmPaths(join(folder, "/"));
  await tf.setBackend("wasm");
  await tf.ready();
  return { name: "wasm", version: wasm.version_wasm };
}

/** True where a matMul with a transposed right side takes a slow path, so that transposing first is cheaper. */
export const transposesFirst = (): boolean => tf.getBackend() === "wasm";
