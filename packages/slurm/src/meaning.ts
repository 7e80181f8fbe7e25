import type { AttemptEnd } from "@uniarm/core/schema";
import type { JobMeaning } from "@uniarm/pipeline/schema";
import type { QueuedJob } from "./queue.ts";
import type { Resources } from "./site.ts";

type Fate = [end: AttemptEnd, sentence: string];

const SITE = "Change what it asks for in the site file, then resume the run";

/** What its reason says of a job that waits for what will not come. */
function hopeless({ id, reason }: QueuedJob): Fate | null {
  if (/requeued held|MaxRequeue/i.test(reason))
    return ["LOST", `Slurm could not start job ${id} and holds it (${reason}): a node does not run jobs as it should`];
  if (
    /^(PartitionConfig|BadConstraints|PartitionNodeLimit|PartitionTimeLimit|Invalid(Account|QOS)|DependencyNeverSatisfied)$/.test(
      reason,
    ) ||
    /^(QOS|Assoc)(Max|Grp).*PerJob/.test(reason)
  )
    return [
      "FAILED",
      `Slurm will never start job ${id} (${reason}): it asks for more than the partition gives. ${SITE}`,
    ];
  return null;
}

/** Waits that somebody has to end. */
function wait({ id, reason }: QueuedJob): string {
  if (reason === "JobHeldUser" || reason === "JobHeldAdmin")
    return `Slurm job ${id} is held (${reason}); let it go: scontrol release ${id}`;
  if (/^Partition(Down|Inactive)$/.test(reason)) return `Slurm job ${id} waits: its partition is closed (${reason})`;
  if (/DOWN|DRAINED|ReqNodeNotAvail/.test(reason)) return `Slurm job ${id} waits for nodes that are down (${reason})`;
  return `waits in Slurm as job ${id}`;
}

const ENDS: Record<string, (id: string, asked: Resources) => Fate> = {
  COMPLETED: (id) => ["LOST", `Slurm job ${id} ended without saying how: its folder was out of reach`],
  FAILED: (id) => ["LOST", `Slurm job ${id} was killed, or could not begin`],
  CANCELLED: (id) => ["CANCELLED", `Slurm job ${id} was cancelled in Slurm, not here`],
  REVOKED: (id) => ["CANCELLED", `Slurm job ${id} was cancelled in Slurm, not here`],
  TIMEOUT: (id, { time }) => [
    "LOST",
    `Slurm job ${id} reached its time limit${time === undefined ? "" : ` of ${time}`} before it had saved: raise saveSeconds or time in the site file`,
  ],
  DEADLINE: (id) => ["FAILED", `Slurm job ${id} missed its deadline`],
  PREEMPTED: (id) => ["DRAINED", `Slurm job ${id} made room for a more urgent one`],
  NODE_FAIL: (id) => ["LOST", `the node of Slurm job ${id} failed`],
  BOOT_FAIL: (id) => ["LOST", `the node of Slurm job ${id} did not start`],
  OUT_OF_MEMORY: (id, asked) => outOfMemory(id, asked),
};

/** Also what is said where Slurm knows it by its output alone. */
export function outOfMemory(id: string, { memory }: Resources): Fate {
  const given = memory === undefined ? "" : ` (${memory})`;
  return ["LOST", `Slurm job ${id} used more memory than it was given${given}: ask for more in the site file`];
}

/** States in which a job has not begun, whatever Slurm has in mind with it. */
const BEFORE = new Set(["PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "RESV_DEL_HOLD", "SPECIAL_EXIT"]);

export function meaningOf(job: QueuedJob, asked: Resources): JobMeaning {
  const ended = ENDS[job.state]?.(job.id, asked);
  if (ended) return { type: "ended", end: ended[0], sentence: ended[1] };
  if (!BEFORE.has(job.state)) return { type: "running" };
  const never = hopeless(job);
  return never ? { type: "hopeless", end: never[0], sentence: never[1] } : { type: "waiting", sentence: wait(job) };
}
