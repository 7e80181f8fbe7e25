/** How long work is followed and stopped. */
export interface Following {
  /** `done` of `total` in `unit`s of what `phase` names */
  onProgress: (phase: string, done: number, total: number, unit: string) => void;
  /** what was written until then is kept, and the next call goes on from it */
  signal: AbortSignal;
}
