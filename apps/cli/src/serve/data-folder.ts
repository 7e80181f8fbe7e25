import { mkdirSync } from "node:fs";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { UniArmError } from "@uniarm/core/schema";

/** Where this machine's server keeps everything, unless another folder is named. */
export function dataFolder(named?: string): string {
  const { UNIARM_DATA, XDG_DATA_HOME } = process.env;
  return resolve(named ?? (UNIARM_DATA || join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "uniarm")));
}

/** @throws UniArmError folder-unwritable */
export function makeDataFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new UniArmError(
      "folder-unwritable",
      `The data folder ${folder} cannot be made (${(cause as Error).message}). Choose another with --data.`,
      { cause },
    );
  }
}
