/** What a command needs of the process, and how it says that it was interrupted. */
export interface CommandContext {
  signal: AbortSignal;
  setExitCode: (code: number) => void;
}
