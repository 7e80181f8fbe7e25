import { existsSync, statSync, unlinkSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
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

/** In the folder itself, whatever it is called and wherever temporary files go. */
const NAME = ".in-use";
/** The address of a socket has room for 107 bytes on Linux and 103 on macOS. */
const LONGEST_ADDRESS = 100;
/** Folders of other machines may hold no sockets. */
const NO_SOCKETS = new Set(["ENOTSUP", "EOPNOTSUPP", "EPERM", "EINVAL"]);

/** Keeps other processes of this machine off a folder as long as this one lives, however it ends. @throws UniArmError `code` when one is there */
export async function onlyProcessOn(folder: string, code: string, sentence: string): Promise<void> {
  const inUse = (): UniArmError => new UniArmError(code, sentence);
  try {
    if (!(await taken({ folder, name: NAME }))) throw inUse();
  } catch (error) {
    if (!NO_SOCKETS.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
    const { dev, ino } = statSync(folder);
    if (!(await taken({ folder: tmpdir(), name: `uniarm-${dev}-${ino}.sock` }))) throw inUse();
  }
}

interface Place {
  folder: string;
  name: string;
}

/** Whether this process has the socket now; false: another one has. */
async function taken(place: Place): Promise<boolean> {
  if (await answers(place)) return false;
  const path = join(place.folder, place.name);
  // left by a killed process; not rmSync: on a socket it breaks later requires through symlinks (Node 22.23)
  if (existsSync(path)) unlinkSync(path);
  const server = createServer((peer) => peer.end());
  const isTaken = await new Promise<boolean>((done, failed) => {
    server
      .on("listening", () => done(true))
      .on("error", (error: NodeJS.ErrnoException) => {
        if (error.code === "EADDRINUSE")
          done(false); // another one was quicker
        else failed(error);
      });
    at<Server>(place, (address) => server.listen(address));
  });
  if (!isTaken) return false;
  server.unref();
  process.on("exit", () => {
    if (existsSync(path)) unlinkSync(path);
  });
  return true;
}

const answers = (place: Place): Promise<boolean> =>
  new Promise((done) => {
    const peer = at<Socket>(place, (address) => connect(address));
    peer.on("connect", () => {
      peer.destroy();
      done(true);
    });
    // another user's: it cannot be asked, and neither can the folder be shared with it
    peer.on("error", (error: NodeJS.ErrnoException) => done(error.code === "EACCES"));
  });

/** Opens a socket by its path, or by its name from within its folder where that path is too long for an address. */
function at<T>({ folder, name }: Place, open: (address: string) => T): T {
  const path = join(folder, name);
  if (Buffer.byteLength(path) <= LONGEST_ADDRESS) return open(path);
  const before = process.cwd();
  process.chdir(folder);
  try {
    return open(name);
  } finally {
    process.chdir(before);
  }
}
