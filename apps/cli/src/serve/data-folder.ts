import { homedir } from "node:os";
import { join, resolve } from "node:path";

/** Where this machine's server keeps everything, unless another folder is named. */
export function dataFolder(named?: string): string {
  const { UNIARM_DATA, XDG_DATA_HOME } = process.env;
  return resolve(named ?? (UNIARM_DATA || join(XDG_DATA_HOME || join(homedir(), ".local", "share"), "uniarm")));
}
