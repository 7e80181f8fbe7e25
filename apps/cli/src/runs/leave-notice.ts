import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { writeFileAtomically } from "@uniarm/core";
import type { RecordedRun } from "@uniarm/pipeline/schema";
import { dataFolder } from "../serve/data-folder.ts";

/** Where `uniarm serve` of this data folder finds what ran without it: it records it, now or when it starts. */
export async function leaveNotice(notice: RecordedRun, folder?: string): Promise<void> {
  const inbox = join(dataFolder(folder), "inbox");
  mkdirSync(inbox, { recursive: true, mode: 0o700 });
  await writeFileAtomically(join(inbox, `${notice.id}.json`), `${JSON.stringify(notice)}\n`);
}
