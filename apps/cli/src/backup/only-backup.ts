import { mkdirSync } from "node:fs";
import { UniArmError } from "@uniarm/core/schema";
import { onlyProcessOn } from "../serve/only-one.ts";

/** Keeps a second backup off the folder until this process ends; makes it where there is none. @throws UniArmError backup-folder, backup-in-use */
export async function onlyBackupIn(folder: string): Promise<void> {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
  } catch (cause) {
    throw new UniArmError(
      "backup-folder",
      `The folder ${folder} cannot be made (${(cause as Error).message}). Name another.`,
      { cause },
    );
  }
  await onlyProcessOn(
    folder,
    "backup-in-use",
    `Another process works with the backup in ${folder}. Wait for it, or name another folder.`,
  );
}
