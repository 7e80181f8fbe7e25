/** Errors that say something of the disk a process works on, and nothing of what it was asked to do. */
const DISK: Record<string, string> = {
  ENOSPC: "There is no room left in",
  EDQUOT: "The quota is used up in",
  EROFS: "There is nothing but reading allowed in",
  EIO: "The disk fails in",
  ESTALE: "The network disk was exchanged below",
};

/** What such an error says of a folder of this machine, as a sentence; null for every other error. Causes are looked into. */
export function diskProblem(error: unknown, folder: string, host: string): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const { code = "" } = cause as NodeJS.ErrnoException;
    if (Object.hasOwn(DISK, code)) return `${DISK[code]} ${folder} on ${host} (${code}).`;
  }
  return null;
}
