import { createHash } from "node:crypto";
import { existsSync, unlinkSync } from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { UniArmError } from "@uniarm/core/schema";

/** Keeps a second server off a data folder. @throws UniArmError data-in-use */
export const onlyServerOf = async (folder: string): Promise<void> =>
  onlyProcessOn(
    folder,
    "data-in-use",
    `Another \`uniarm serve\` works with the data folder ${folder}. Use that one, stop it first, or choose another folder with --data.`,
  );

/** Keeps other processes off a folder as long as this one lives, however it ends. @throws UniArmError `code` when one is there */
export async function onlyProcessOn(folder: string, code: string, sentence: string): Promise<void> {
  const name = createHash("sha256").update(folder).digest("hex").slice(0, 24);
  const socket = join(tmpdir(), `uniarm-${process.getuid?.() ?? 0}-${name}.sock`);
  if (await answers(socket)) throw new UniArmError(code, sentence);
  // left by a killed process; not rmSync: on a socket it breaks later requires through symlinks (Node 22.23)
  if (existsSync(socket)) unlinkSync(socket);
  const server = createServer((peer) => peer.end());
  await new Promise<void>((done, failed) => server.on("error", failed).listen(socket, done));
  server.unref();
}

const answers = (socket: string): Promise<boolean> =>
  new Promise((done) => {
    const peer = connect(socket);
    peer.on("connect", () => {
      peer.destroy();
      done(true);
    });
    peer.on("error", () => done(false));
  });
