import type { Client } from "@uniarm/client";
import type { Logger } from "pino";
import type { Health } from "./health/health.ts";
import type { Launcher } from "./launcher/launcher.ts";

/** What all attempts of a worker share. */
export interface WorkerContext {
  client: Client;
  host: string;
  health: Pick<Health, "check" | "doubt">;
  launcher: Launcher;
  /** its own: holds a folder for each attempt */
  folder: string;
  /** files that were fetched, by their hashes; several workers may share it */
  cache: string;
  /** how long a job may take to save a checkpoint before it is killed */
  graceMs: number;
  log: Logger;
  /** folder that relative paths of configs start from */
  origin: string;
}
