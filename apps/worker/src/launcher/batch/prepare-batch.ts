import { mkdir } from "node:fs/promises";
import { dirname, join, relative } from "node:path";
import type { JobOrder } from "../launcher.ts";
import { MANIFEST, SUBMISSION, writeWhole, type Manifest, type Submission } from "./spool.ts";
import type { Asked, BatchSystem, Row } from "./system.ts";

const ON_NODE = join(import.meta.dirname, `../../job/on-node${import.meta.filename.endsWith(".ts") ? ".ts" : ".js"}`);
const OWN_FOLDER = dirname(dirname(dirname(ON_NODE)));
/** Settings of this worker that its jobs keep; keys are not among them. */
const PASSED_ON = [
  "UNIARM_BASE_WEIGHTS",
  "UNIARM_CACHE",
  "UNIARM_CPU",
  "UNIARM_ENGINE",
  "UNIARM_THREADS",
  "UNIARM_WORKER_JUDGES",
  "UNIARM_WORKER_PROGRAMS",
  "XDG_CACHE_HOME",
];

export interface Together<R extends Row, A extends Asked> {
  /** all jobs of it ask for the same */
  orders: readonly JobOrder[];
  asked: A;
  system: BatchSystem<R, A>;
  /** where batches lie */
  folder: string;
  graceMs: number;
  /** of the submission: it makes its name one of its own */
  time: number;
}

/** Writes down which jobs are submitted together, and as what. @returns the batch's folder */
export async function prepareBatch<R extends Row, A extends Asked>({
  orders,
  asked,
  system,
  folder,
  graceMs,
  time,
}: Together<R, A>): Promise<string> {
  const [first] = orders;
  const name = `uniarm-${first!.attemptId}-${time.toString(36)}`;
  const batch = join(folder, name);
  await mkdir(batch, { recursive: true });
  const { saveSeconds, lingerMs } = system;
  const limitSeconds = system.limitSeconds(asked);
  const folders = orders.map((order) => order.folder);
  const manifest: Manifest = { folders, graceMs, saveSeconds, limitSeconds, lingerMs };
  await writeWhole(join(batch, MANIFEST), manifest);
  const passedOn = PASSED_ON.flatMap((key) => {
    const value = process.env[key];
    return value === undefined || value === "" ? [] : [[key, value] as const];
  });
  const environment = { ...Object.fromEntries(passedOn), ...first!.environment };
  await system.write({ name, folder: batch, orders, asked, environment });
  for (const [task, order] of orders.entries()) {
    const submission: Submission = { batch, task, tasks: orders.length };
    await writeWhole(join(order.folder, SUBMISSION), submission);
  }
  return batch;
}

/** What a job runs, in an installation that lies elsewhere: `undefined` for where it is here. */
export const programIn = (installation: string | undefined): string =>
  installation === undefined ? ON_NODE : join(installation, "apps/worker", relative(OWN_FOLDER, ON_NODE));
