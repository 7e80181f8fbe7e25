/** Where jobs run: as processes of this machine today, on a cluster tomorrow. */
export interface Launcher {
  name: string;
  submit: (job: SubmittedJob) => JobHandle;
}

export interface SubmittedJob {
  attemptId: string;
  /** holds job.json, its inputs and what was restored; the job works in it */
  folder: string;
  environment: Record<string, string>;
}

export interface JobExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

export interface JobHandle {
  pid: number | null;
  /** its name in the system that runs it, where that is another than a process id */
  externalId: string | null;
  /** lines of JSON: what the job reports */
  reports: AsyncIterable<string>;
  /** Lines on its standard input; dropped when it has ended. */
  send: (lines: string) => void;
  onOutput: (listener: (stream: "stdout" | "stderr", text: string) => void) => void;
  /** asks it to stop with a checkpoint, and ends it when the grace is over */
  cancel: (graceMs: number) => void;
  kill: () => void;
  exited: Promise<JobExit>;
}
