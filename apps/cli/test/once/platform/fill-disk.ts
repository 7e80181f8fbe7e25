import { closeSync, openSync, writeSync } from "node:fs";

/** Takes what is left of a disk. */
export function fillDisk(path: string): void {
  const file = openSync(path, "w");
  try {
    for (const size of [2 ** 20, 4096, 1]) {
      try {
        for (;;) if (writeSync(file, Buffer.alloc(size)) === 0) break;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "ENOSPC") throw error;
      }
    }
  } finally {
    closeSync(file);
  }
}
