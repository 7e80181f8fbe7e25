import { outOfMemory, type Resources } from "@uniarm/slurm";
import { ended, type Judge } from "../batch/verdict.ts";

/** What Slurm alone knows, and forgets. */
export const slurmJudge: Judge<Resources> = {
  title: "Slurm",
  outOfMemory: ({ id, asked, printed }) => {
    if (!runsOutOfMemory(printed)) return null;
    const [end, reason] = outOfMemory(id, asked);
    return { end, reason };
  },
  whyEnded: ({ sentence }, { id, asked, printed }) => {
    if (runsOutOfMemory(printed)) return outOfMemory(id, asked)[1];
    return printed === "" ? sentence : `${sentence}; Slurm printed: ${printed}`;
  },
  forgottenBefore: ({ id, hasSiblings, isSure, wasForgotten }) => {
    // of a task that is cancelled before it begins, Slurm keeps nothing
    if (hasSiblings) return ended("CANCELLED", `Slurm job ${id} was cancelled in Slurm, not here`);
    if (!isSure || !wasForgotten) return { do: "submit" };
    return ended("LOST", `Slurm forgot job ${id} twice before it began`);
  },
};

const runsOutOfMemory = (printed: string): boolean => /exceeded memory limit|oom[-_ ]kill/i.test(printed);
