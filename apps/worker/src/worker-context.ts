import type { Client } from "@uniarm/client";
import type { Logger } from "pino";
import type { Launcher } from "./launcher/launcher.ts";

/** What all attempts of a worker share. */
export interface WorkerContext {
  client: Client;
  launcher: Launcher;
  /** holds a folder for each attempt, and the cache of files */
  folder: string;
  /** how long a job may take to save a checkpoint before it is killed */
  graceMs: number;
  log: Logger;
  /** folder that relative paths of configs start from */
  origin: string;
}
