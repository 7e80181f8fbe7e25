import { join, resolve } from "node:path";
import { Command } from "commander";
import { openBackup, restorePlatform } from "@uniarm/db";
import { follow } from "../backup/follow.ts";
import { newPlatformDatabase } from "../backup/new-platform-database.ts";
import { backupSummary, printedRestore } from "../backup/print.ts";
import type { CommandContext } from "../command-context.ts";
import { dataFolder } from "../serve/data-folder.ts";

interface Flags {
  data?: string;
  database?: string;
  blobs?: string;
  shareDatabase?: boolean;
  withoutDamaged?: boolean;
  json?: boolean;
}

/** A new platform of a backup. */
export function restoreCommand(context: CommandContext): Command {
  return new Command("restore")
    .description("make a platform of a backup, where none is yet")
    .argument("<folder>", "what `uniarm backup` wrote")
    .option("--data <folder>", "the new platform's data folder (default: UNIARM_DATA, else ~/.local/share/uniarm)")
    .option(
      "--database <url>",
      "an empty PostgreSQL database, in place of the embedded one (default: UNIARM_DATABASE_URL; flags are seen by other users)",
    )
    .option(
      "--blobs <place>",
      "where the files go, if not into the data folder: a folder, or s3://BUCKET/PREFIX (default: UNIARM_BLOBS)",
    )
    .option("--share-database", "use it although it holds tables of other programs")
    .option("--without-damaged", "go on without files that the backup has lost")
    .option("--json", "the result as a line of JSON, and no progress")
    .action(async (from: string, flags: Flags) => {
      const folder = resolve(from);
      const data = dataFolder(flags.data);
      const named = (flags.database ?? process.env.UNIARM_DATABASE_URL) || undefined;
      const manifest = await openBackup(folder);
      const log = (line: string): void => void process.stderr.write(`${line}\n`);
      const { url, release } = await newPlatformDatabase(data, named, log);
      const restored = await follow(context, flags.json, (following) =>
        restorePlatform({
          url,
          folder,
          manifest,
          blobs: (flags.blobs ?? process.env.UNIARM_BLOBS) || join(data, "blobs"),
          isShared: flags.shareDatabase ?? false,
          withoutDamaged: flags.withoutDamaged ?? false,
          ...following,
        }),
      ).finally(release);
      if (restored === null) return;
      const summary = backupSummary(manifest);
      const { damaged, unfinished } = restored;
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ type: "restored", folder: data, ...summary, damaged, unfinished })}\n`
          : printedRestore(data, summary, restored),
      );
    });
}
