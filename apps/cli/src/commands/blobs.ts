import { Command } from "commander";
import { assertBlobs, copyBlobs, openBlobReader, openBlobStore, type BlobIdentity } from "@uniarm/db";
import { UniArmError } from "@uniarm/core/schema";
import type { CommandContext } from "../command-context.ts";
import { follow } from "../backup/follow.ts";
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
        await assertBlobs(from);
        const [source, target] = [await openBlobReader(from), await openBlobStore(to, { isShared: true })];
        const blobs: BlobIdentity[] = [];
        for await (const blob of source.list()) blobs.push(blob);
        const isThere = async ({ sha256, size }: BlobIdentity): Promise<boolean> =>
          (await target.sizeOf(sha256)) === size;
        const copied = await follow(context, flags.json, (following) =>
          copyBlobs(blobs, { from: source, to: target, isThere }, following),
        );
        if (copied === null) return;
        const { bytes, absent } = copied;
        process.stdout.write(
          flags.json
            ? `${JSON.stringify({ type: "copied", files: blobs.length, bytes, absent })}\n`
            : `${blobs.length - absent.length} of ${blobs.length} ${blobs.length === 1 ? "file is" : "files are"} in ${to}; ${bytes} bytes were copied\n`,
        );
        if (absent.length > 0)
          throw new UniArmError(
            "blobs-lost",
            `Of ${blobs.length} ${blobs.length === 1 ? "file" : "files"} ${absent.length} could not be copied: ${absent[0]!.sha256} is ${absent[0]!.why} in ${from}. All others were; an earlier backup may have what is lost.`,
          );
      }),
  ]);
}
