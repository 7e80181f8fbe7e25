import { open, readFile, rm } from "node:fs/promises";
import { UniArmError } from "@uniarm/core/schema";
import { isAlive } from "./is-alive.ts";

/** Holds a file that only one process at a time may hold; one of a process that is gone does not count. @returns what gives it back */
export async function lock(path: string): Promise<() => Promise<void>> {
  for (;;) {
    try {
      const file = await open(path, "wx");
      await file.writeFile(String(process.pid));
      await file.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
      const holder = Number(await readFile(path, "utf8").catch(() => ""));
      if (holder > 0 && holder !== process.pid && isAlive(holder))
        throw new UniArmError(
          "pull-running",
          `Process ${holder} is pulling this model already. Wait until it has ended, then run the command again.`,
        );
      await rm(path, { force: true });
    }
  }
}
