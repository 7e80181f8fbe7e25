/** Starts jobs and stops them; the worker knows no more of where they run. */
export interface Launcher {
  name: string;
  submit: (job: SubmittedJob) => JobHandle;
}

export interface SubmittedJob {
  attemptId: string;
  /** the job works in it; holds job.json, its inputs and what was restored */
  folder: string;
  environment: Record<string, string>;
}

export interface JobExit {
  code: number | null;
  signal: NodeJS.Signals | null;
  /** why it never began */
  failure?: string;
}

export interface JobHandle {
  pid: number | null;
  /** its name in the system that runs it, unless that is the process id */
  externalId: string | null;
  /** lines of JSON: what the job reports */
  reports: AsyncIterable<string>;
  /** Writes lines to its standard input; they are dropped when it has ended. */
  send: (lines: string) => void;
  onOutput: (listener: (stream: "stdout" | "stderr", text: string) => void) => void;
  /** Asks it to stop with a checkpoint, and kills it when the grace is over. */
  cancel: (graceMs: number) => void;
  kill: () => void;
  exited: Promise<JobExit>;
}
