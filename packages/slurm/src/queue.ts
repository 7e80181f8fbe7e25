/** A job as Slurm's queue lists it; of an array, a task. */
export interface QueuedJob {
  /** as commands name it: 12, or 12_3 of an array */
  id: string;
  /** its own number, which Slurm may use again after a crash */
  number: string;
  /** null: it is no array, or all tasks of one that were cancelled before they began */
  task: number | null;
  name: string;
  state: string;
  reason: string;
  submitted: string;
}

/**
 * What squeue is asked: every state, and one line a task. Text, since `squeue --json` lists the jobs of everybody, whatever it
 * is asked for, in Slurm 22.05, takes 3,600 bytes a job where this takes 50, and has another shape in each version.
 */
export const QUEUE_QUESTION = [
  "--me",
  "--noheader",
  "--array",
  "--states=all",
  "--format=%A|%F|%K|%T|%V|%j|%r",
] as const;

export function readQueue(text: string): QueuedJob[] {
  return text.split("\n").flatMap((line) => {
    const [number = "", array = "", task = "", state = "", submitted = "", name = "", ...reason] = line.split("|");
    if (name === "") return [];
    const isTask = /^\d+$/.test(task);
    return {
      id: isTask ? `${array}_${task}` : number,
      number,
      task: isTask ? Number(task) : null,
      name,
      state,
      reason: reason.join("|"),
      submitted,
    };
  });
}
