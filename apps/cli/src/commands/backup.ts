import { join, resolve } from "node:path";
import { Command } from "commander";
import { UniArmError } from "@uniarm/core/schema";
import { backUp } from "@uniarm/db";
import { follow } from "../backup/follow.ts";
import { onlyBackupIn } from "../backup/only-backup.ts";
import { platformDatabase } from "../backup/platform-database.ts";
import { backupSummary, printedBackup } from "../backup/print.ts";
import type { CommandContext } from "../command-context.ts";
import { dataFolder } from "../serve/data-folder.ts";

interface Flags {
  data?: string;
  database?: string;
  blobs?: string;
  verify?: boolean;
  json?: boolean;
}

/** A platform as a folder. */
export function backupCommand(context: CommandContext): Command {
  return new Command("backup")
    .description("back this machine's platform up, database and files, while its server runs or not")
    .argument("<folder>", "a new folder, or that of an earlier backup, which is brought up to date")
    .option("--data <folder>", "the platform's data folder (default: UNIARM_DATA, else ~/.local/share/uniarm)")
    .option(
      "--database <url>",
      "its PostgreSQL, if not the embedded one (default: UNIARM_DATABASE_URL; flags are seen by other users)",
    )
    .option(
      "--blobs <place>",
      "where its files are, if not in the data folder: a folder, or s3://BUCKET/PREFIX (default: UNIARM_BLOBS)",
    )
    .option("--verify", "read what the backup has already once more, and copy again what is damaged")
    .option("--json", "the result as a line of JSON, and no progress")
    .action(async (to: string, flags: Flags) => {
      const folder = resolve(to);
      const data = dataFolder(flags.data);
      const blobs = (flags.blobs ?? process.env.UNIARM_BLOBS) || join(data, "blobs");
      await onlyBackupIn(folder);
      const { url, release } = await platformDatabase(
        data,
        (flags.database ?? process.env.UNIARM_DATABASE_URL) || undefined,
      );
      const backedUp = await follow(context, flags.json, (following) =>
        backUp({ url, blobs, folder, verify: flags.verify ?? false, ...following }),
      ).finally(release);
      if (backedUp === null) return;
      const summary = backupSummary(backedUp.manifest);
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ type: "backup", folder, ...summary, newBytes: backedUp.newBytes })}\n`
          : printedBackup(folder, summary, backedUp.newBytes),
      );
      const lost = summary.absent.filter(({ why }) => why !== "purged");
      if (lost.length > 0)
        throw new UniArmError(
          "blobs-lost",
          `The backup has everything but ${lost.length === 1 ? "1 file that is" : `${lost.length} files that are`} ${lost[0]!.why} in ${blobs} itself (${lost[0]!.sha256}). Check its disk; an earlier backup in another folder may have them.`,
        );
    });
}
