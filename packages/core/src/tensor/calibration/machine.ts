import { createHash } from "node:crypto";
import { readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { availableParallelism, cpus } from "node:os";
import { basename, dirname, join } from "node:path";
import { nativeOps, tensorFlowBinding } from "../native.ts";
import type { CalibratedMachine } from "./table.ts";

/** This machine, with the engine that is open. */
export function thisMachine(): CalibratedMachine {
  return {
    cpu: cpus()[0]?.model.trim() || "unknown",
    features: hashOf(cpuFlags()),
    cores: availableParallelism(),
    threads: nativeOps()?.threads ?? 1,
    engine: `tensorflow ${tensorFlowBinding().TF_Version} ${buildName()}`,
  };
}

export const hashOf = (text: string): string => createHash("sha256").update(text).digest("hex").slice(0, 16);

function cpuFlags(): string {
  try {
    return /^(?:flags|Features)\s*:(.*)$/m.exec(readFileSync("/proc/cpuinfo", "utf8"))?.[1]?.trim() ?? "";
  } catch {
    return ""; // not Linux: the model says it
  }
}

/** The folder of the binding, which `pnpm engine:install` names after its sources; "" for one that was built in place. */
function buildName(): string {
  try {
    const folder = dirname(createRequire(import.meta.url).resolve("@tensorflow/tfjs-node-gpu/package.json"));
    const real = realpathSync(join(folder, "lib", "napi-v8", "tfjs_binding.node"));
    return real.startsWith(folder) ? "" : basename(dirname(real));
  } catch {
    return "";
  }
}
