/** What the shell gets; documented in the CLI's README. */
export const EXIT = {
  ok: 0,
  /** a defect of the program: please report it */
  unexpected: 1,
  /** bad input: an option, a file, a checkpoint; the message says what to do */
  badInput: 2,
  /** training stopped at a loss or gradient that is not finite; the last sound checkpoint is kept */
  notFinite: 3,
  /** stopped by Ctrl-C or SIGTERM; what was done is kept */
  interrupted: 130,
} as const;
