import { Command } from "commander";
import { copyBlobs, openBlobStore, type CopyProgress } from "@uniarm/db";
import type { CommandContext } from "../command-context.ts";
import { EXIT } from "../exit-codes.ts";
import { silentProgress, terminalProgress } from "../progress.ts";
import { commandGroup } from "./command-group.ts";

const PLACE = "a folder (`blobs` in the data folder of a server), or s3://BUCKET/PREFIX";

/** The files of runs, where a server keeps them. */
export function blobsCommand(context: CommandContext): Command {
  return commandGroup("blobs", "files of runs, where a server keeps them: move them to a bucket or back", [
    new Command("copy")
      .description(
        "copy what one place has and the other lacks, every hash checked; again, it goes on where it was. A server may run meanwhile: stop it, copy once more, start it with --blobs",
      )
      .argument("<from>", PLACE)
      .argument("<to>", PLACE)
      .option("--json", "a line of JSON when it has ended")
      .action(async (from: string, to: string, flags: { json?: boolean }) => {
        const progress = flags.json ? silentProgress : terminalProgress();
        let last: CopyProgress = { done: 0, total: 0, copied: 0, bytes: 0 };
        const [source, target] = [await openBlobStore(from), await openBlobStore(to)];
        for await (last of copyBlobs(source, target, context.signal))
          progress.update("copy", last.done, last.total, "files");
        progress.close();
        const { done, total, copied, bytes } = last;
        if (context.signal.aborted) context.setExitCode(EXIT.interrupted);
        process.stdout.write(
          flags.json
            ? `${JSON.stringify({ type: "copied", ...last })}\n`
            : `${copied} of ${total} files were copied (${bytes} bytes); ${done - copied} were there${done < total ? `; ${total - done} are left: run the same command again` : ""}\n`,
        );
      }),
  ]);
}
