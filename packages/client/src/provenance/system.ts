import { readdirSync, readFileSync } from "node:fs";
import { arch, availableParallelism, cpus, hostname, release, totalmem, type } from "node:os";
import { join } from "node:path";
import type { Provenance } from "@uniarm/core/schema";

const NVIDIA = "/proc/driver/nvidia/gpus";

/** This machine. */
export const thisSystem = (): Provenance["system"] => ({
  host: hostname(),
  name: `${type()} ${release()}`,
  architecture: arch(),
  cpu: cpus()[0]?.model.trim() || null,
  cores: availableParallelism(),
  memoryBytes: totalmem(),
  gpus: gpusHere(),
});

/** Names of the graphics cards that the driver of NVIDIA lists; no program is started for it. */
function gpusHere(): string[] {
  try {
    return readdirSync(NVIDIA).flatMap((card) => {
      const [, model] = /^Model:\s*(.+)$/m.exec(readFileSync(join(NVIDIA, card, "information"), "utf8")) ?? [];
      return model?.trim() ?? [];
    });
  } catch {
    return [];
  }
}
