import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { UniArmError } from "@uniarm/core/schema";
import { QUEUE_QUESTION, readQueue, type QueuedJob } from "./queue.ts";

const ANSWER_MS = 60_000;
const MOST_BYTES = 256 * 2 ** 20;
/** of one command line */
const MOST_IDS = 500;

/** What passes by itself: the controller is away, has too much to do, or lets nobody wait more at the moment. */
const PASSING =
  /unable to contact|connection (refused|failure|timed)|timed out|temporarily|zero bytes|try again|job submit limit|MaxSubmit/i;

/** Gives a script to Slurm. @returns the job's number. @throws UniArmError slurm-away, slurm-refused, slurm-missing */
export async function submit(script: string): Promise<string> {
  const printed = await slurm("sbatch", ["--parsable", script]);
  return printed.trim().split(";")[0]!; // a federation adds the cluster
}

/** All own jobs that Slurm knows, those that have ended for a while too. @throws UniArmError slurm-away, slurm-missing */
export const queue = async (): Promise<QueuedJob[]> => readQueue(await slurm("squeue", QUEUE_QUESTION));

/** Ends jobs: SIGTERM, and SIGKILL when the cluster's time for that is over. @throws UniArmError slurm-away */
export const cancel = (ids: readonly string[]): Promise<void> => each(ids, []);

/** SIGTERM to the batch scripts alone, which take as long as they need. @throws UniArmError slurm-away */
export const askToEnd = (ids: readonly string[]): Promise<void> => each(ids, ["--batch", "--signal=TERM"]);

/** No further filter beside ids: with one, scancel takes all waiting tasks of an array for the one that is named. */
async function each(ids: readonly string[], flags: readonly string[]): Promise<void> {
  for (let start = 0; start < ids.length; start += MOST_IDS)
    await slurm("scancel", [...flags, ...ids.slice(start, start + MOST_IDS)]).catch((error: unknown) => {
      if ((error as UniArmError).code !== "slurm-refused") throw error; // they have ended meanwhile
    });
}

async function slurm(program: string, args: readonly string[]): Promise<string> {
  try {
    const { stdout } = await promisify(execFile)(program, args, { timeout: ANSWER_MS, maxBuffer: MOST_BYTES });
    return stdout;
  } catch (cause) {
    const {
      code,
      killed,
      stderr = "",
      message,
    } = cause as NodeJS.ErrnoException & {
      killed?: boolean;
      stderr?: string;
    };
    if (code === "ENOENT")
      throw new UniArmError(
        "slurm-missing",
        `There is no ${program} on this machine. Start this worker where jobs are submitted: on a login node.`,
        { cause },
      );
    const said =
      stderr
        .trim()
        .replaceAll(/^\w+: error: /gm, "")
        .replaceAll(/\s*\n\s*/g, "; ") || message;
    if (killed === true || PASSING.test(said))
      throw new UniArmError("slurm-away", `Slurm does not answer (${program}: ${said}).`, { cause });
    throw new UniArmError("slurm-refused", `Slurm refuses the job: ${said}.`, { cause });
  }
}
