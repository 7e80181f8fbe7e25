import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { resourcesOf } from "@uniarm/pipeline/schema";
import {
  askToEnd,
  batchScript,
  cancel,
  meaningOf,
  outputOf,
  queue,
  submit,
  type QueuedJob,
  type Resources,
  type Site,
} from "@uniarm/slurm";
import { offerOf } from "@uniarm/slurm/schema";
import { programIn } from "../batch/prepare-batch.ts";
import { MANIFEST } from "../batch/spool.ts";
import type { BatchSystem } from "../batch/system.ts";
import { slurmJudge } from "./verdict.ts";

const SCRIPT = "script.sh";

/** Jobs of Slurm: what is submitted together is an array. */
export const slurm = (site: Site): BatchSystem<QueuedJob, Resources> => ({
  name: "slurm",
  title: "Slurm",
  mostTogether: site.arrayTasks,
  saveSeconds: site.saveSeconds,
  awaySeconds: site.awayMinutes * 60,
  lingerMs: 0, // its queue remembers why a job ended
  offer: offerOf(site),
  resourcesOf: (order) => resourcesOf(site, order),
  limitSeconds: () => null,
  write: async ({ name, folder, orders, asked, environment }) => {
    const comment =
      orders.length === 1
        ? `attempt ${orders[0]!.attemptId}`
        : `${orders.length} attempts, see ${join(folder, MANIFEST)}`;
    const script = batchScript(site, {
      name,
      comment,
      folder,
      tasks: orders.length,
      resources: asked,
      environment,
      command: [site.node ?? process.execPath, programIn(site.program), folder],
    });
    await writeFile(join(folder, SCRIPT), script);
  },
  submit: (folder) => submit(join(folder, SCRIPT)),
  idOf: ({ task, tasks }, number) => (tasks > 1 ? `${number}_${task}` : number),
  idAgain: (_, begun) => begun?.number ?? "",
  queue,
  meaningOf,
  canBeTold: () => true,
  end: async (now, kindly) => {
    await cancel(now.map(({ id }) => id));
    await askToEnd(kindly.map(({ id }) => id));
  },
  forget: () => Promise.resolve(),
  printed: async ({ batch, task }) => {
    const text = await readFile(join(batch, outputOf(task)), "utf8").catch(() => "");
    return text.trim().slice(-1000);
  },
  judge: slurmJudge,
});
