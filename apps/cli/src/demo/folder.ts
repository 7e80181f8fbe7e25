import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import type { AnyDemoConfig } from "./settings.ts";

/** The folder of a new demo, which holds its settings. @throws UniArmError run-exists */
export async function newDemoFolder(config: AnyDemoConfig): Promise<string> {
  const folder = config.output ?? join("runs", `demo-${config.method}-${timestamp()}`);
  if (existsSync(join(folder, "config.json"))) {
    throw new UniArmError(
      "run-exists",
      `${folder} already holds a run. Go on with it by --resume ${folder}, or choose another folder with --output.`,
    );
  }
  await mkdir(folder, { recursive: true });
  await writeFileAtomically(join(folder, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
  return folder;
}

const timestamp = (): string => new Date().toISOString().slice(0, 19).replaceAll(":", "-");
