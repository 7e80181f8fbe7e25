import { existsSync } from "node:fs";
import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import { UniArmError } from "@uniarm/core/schema";
import { parseConfig, readJsonFile } from "../schema-options.ts";
import { DemoConfig } from "./config.ts";

/**
 * The folder of a new demo, or of an interrupted one with its stored settings.
 * @throws UniArmError run-exists
 */
export async function openDemoFolder(
  config: DemoConfig,
  resume: string | undefined,
): Promise<{ folder: string; config: DemoConfig }> {
  if (resume !== undefined) {
    return {
      folder: resume,
      config: parseConfig(DemoConfig, readJsonFile(join(resume, "config.json"), "settings of the demo")),
    };
  }
  const folder = config.output ?? join("runs", `demo-${config.method}-${timestamp()}`);
  if (existsSync(join(folder, "config.json"))) {
    throw new UniArmError(
      "run-exists",
      `${folder} already holds a run. Go on with it by --resume ${folder}, or choose another folder with --output.`,
    );
  }
  await mkdir(folder, { recursive: true });
  await writeFileAtomically(join(folder, "config.json"), `${JSON.stringify(config, null, 2)}\n`);
  return { folder, config };
}

const timestamp = (): string => new Date().toISOString().slice(0, 19).replaceAll(":", "-");
