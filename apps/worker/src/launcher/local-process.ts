import { join } from "node:path";
import { gather } from "../gather.ts";
import { openOutbox } from "../outbox.ts";
import { markJob } from "../place/leftovers.ts";
import { spawnJob } from "./job-process.ts";
import type { Launcher } from "./launcher.ts";

/** The program of every job. */
export const JOB = join(import.meta.dirname, `../job/main${import.meta.filename.endsWith(".ts") ? ".ts" : ".js"}`);

/** Runs each job as a child process, which ends with its worker: its standard input closes. */
export const localProcess = processLauncher(JOB);

/** A launcher whose jobs are all the same program; it finds what to do in its working folder. */
export function processLauncher(program: string): Launcher {
  return {
    name: "local-process",
    problem: () => "",
    cannotRun: [],
    offer: null,
    outlivesForSeconds: null,
    start: async ({ folder, environment, converse }) => {
      const outbox = await openOutbox(folder);
      const process = spawnJob(program, { folder, environment });
      const { pid, cancel, kill } = process;
      const over = gather(process, outbox, converse);
      over.catch(() => undefined); // for whoever waits for it
      if (pid !== null) await markJob(folder, pid);
      return {
        outbox,
        onPlace: (listener) => listener({ pid, externalId: null, waits: "" }),
        cancel,
        kill,
        over,
      };
    },
  };
}
