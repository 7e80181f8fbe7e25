import { spawn, type ChildProcess } from "node:child_process";
import { randomBytes } from "node:crypto";
import { chownSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UniArmError } from "@uniarm/core/schema";
import pg from "pg";
import { postgresBinaries } from "./binaries.ts";
import { runningPostmaster } from "./postmaster.ts";
import { postgresUser, unreachable, type SystemUser } from "./system-user.ts";

const USER = "uniarm";
const DATABASE = "uniarm";
const START_TIMEOUT_MS = 60_000;
/** Where root keeps what the user postgres must reach but cannot below root's home. */
const ROOT_FOLDER = "/var/lib/uniarm";

export interface EmbeddedPostgres {
  url: string;
  pid: number;
  /** the folder of its data, where it is another than asked for */
  folder: string;
  /** it ran already: its former owner was killed */
  adopted: boolean;
  /** Resolves when the server is gone, for whatever reason. */
  exited: Promise<void>;
  /** Ends it in order; running transactions are rolled back. */
  stop: () => Promise<void>;
}

export interface EmbeddedOptions {
  /** holds postgres/ and its password */
  folder: string;
  /** default: the last one, where it is free, else any */
  port?: number | undefined;
  log?: (line: string) => void;
}

/**
 * Starts PostgreSQL on a data folder, making it where there is none; takes over a server that its owner left behind.
 *
 * @throws UniArmError postgres-missing, postgres-user-missing, postgres-init-failed, postgres-start-failed, folder-unwritable
 */
export async function startPostgres({
  folder: asked,
  port,
  log = () => undefined,
}: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const user = postgresUser();
  const { folder, binaries } = reachableFolders(resolve(asked), user, log);
  makeFolder(folder, user);
  const password = passwordOf(folder);
  const data = join(folder, "postgres");
  if (!existsSync(join(data, "PG_VERSION"))) await initialise({ folder, data, binaries, password, user });

  const running = runningPostmaster(data);
  if (running) {
    const url = urlOf(running.port, password);
    await ready(url, null);
    log(`took over the PostgreSQL that was left running (process ${running.pid}, port ${running.port})`);
    return { url, pid: running.pid, folder, adopted: true, ...handlesOf(running.pid) };
  }
  const chosen = port ?? (await freePort(lastPort(folder)));
  const url = urlOf(chosen, password);
  const child = await launch({ data, binaries, port: chosen, user, log }, url);
  writeFileSync(join(folder, "postgres-port"), `${chosen}\n`);
  return { url, pid: child.pid!, folder, adopted: false, ...handlesOf(child.pid!, child) };
}

/** Root's home is closed to the user postgres: programs and data go where both can reach them. */
function reachableFolders(
  folder: string,
  user: SystemUser | undefined,
  log: (line: string) => void,
): { folder: string; binaries: string } {
  let binaries = postgresBinaries();
  if (!user) return { folder, binaries };
  if (unreachable(join(binaries, "bin"), user) !== null) {
    const copy = join(ROOT_FOLDER, `postgres-${versionOf(binaries)}`);
    if (!existsSync(copy)) {
      const partial = `${copy}.${process.pid}.partial`;
      mkdirSync(ROOT_FOLDER, { recursive: true, mode: 0o755 });
      cpSync(binaries, partial, { recursive: true, verbatimSymlinks: true });
      renameSync(partial, copy);
    }
    binaries = copy;
  }
  const closed = unreachable(folder, user);
  if (closed === null) return { folder, binaries };
  const moved = join(ROOT_FOLDER, "data", folder.replaceAll("/", "_"));
  log(`PostgreSQL keeps its data in ${moved}: its system user may not enter ${closed}`);
  return { folder: moved, binaries };
}

function versionOf(binaries: string): string {
  const manifest = JSON.parse(readFileSync(join(binaries, "..", "package.json"), "utf8")) as { version: string };
  return manifest.version;
}

function makeFolder(folder: string, user: SystemUser | undefined): void {
  try {
    mkdirSync(folder, { recursive: true });
    const data = join(folder, "postgres");
    mkdirSync(data, { recursive: true, mode: 0o700 });
    if (user) chownSync(data, user.uid, user.gid);
  } catch (cause) {
    throw new UniArmError(
      "folder-unwritable",
      `The data folder ${folder} cannot be written (${(cause as Error).message}). Choose another with --data, or give this user the right to write there.`,
      { cause },
    );
  }
}

function passwordOf(folder: string): string {
  const path = join(folder, "postgres-password");
  if (!existsSync(path)) writeFileSync(path, `${randomBytes(24).toString("base64url")}\n`, { mode: 0o600 });
  return readFileSync(path, "utf8").trim();
}

interface Place {
  data: string;
  binaries: string;
  user: SystemUser | undefined;
}

async function initialise({
  folder,
  data,
  binaries,
  password,
  user,
}: Place & { folder: string; password: string }): Promise<void> {
  rmSync(data, { recursive: true, force: true }); // half of one, from an initdb that was killed
  makeFolder(folder, user);
  const passwordFile = join(data, "..", `.password-${process.pid}`);
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (user) chownSync(passwordFile, user.uid, user.gid);
  try {
    const flags = [`--pgdata=${data}`, `--username=${USER}`, `--pwfile=${passwordFile}`, "--auth=scram-sha-256"];
    const locale = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"];
    const child = spawn(join(binaries, "bin", "initdb"), [...flags, ...locale], {
      ...user,
      cwd: "/",
      stdio: ["ignore", "pipe", "pipe"],
    });
    const printed = collect(child);
    const code = await new Promise<number | null>((done) => child.on("close", done).on("error", () => done(-1)));
    if (code === 0) return;
    rmSync(data, { recursive: true, force: true });
    throw new UniArmError(
      "postgres-init-failed",
      `PostgreSQL could not make its data folder ${data}: ${lastLine(printed())}. Free some disk or choose another folder with --data; DATABASE_URL takes a server of your own.`,
    );
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

/** A server that answers; tries again for a while where a killed one's lock file still counts. */
async function launch(
  { data, binaries, port, user, log }: Place & { port: number; log: (line: string) => void },
  url: string,
): Promise<ChildProcess> {
  const deadline = Date.now() + 10_000;
  const settings = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_wal_size=2GB",
    "shared_buffers=256MB",
  ];
  const flags = ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
  for (;;) {
    // a process group of its own: Ctrl-C reaches this program, which then ends its server in order
    const child = spawn(join(binaries, "bin", "postgres"), flags, {
      ...user,
      cwd: "/",
      detached: true,
      stdio: ["ignore", "pipe", "pipe"],
    });
    const printed = collect(child, log);
    child.on("error", (error) => log(error.message));
    try {
      await ready(url, child);
      return child;
    } catch (cause) {
      if (!hasEnded(child)) child.kill("SIGINT");
      if (printed().includes("postmaster.pid") && Date.now() < deadline) {
        await sleep(250);
        continue;
      }
      const advice = printed().includes("could not bind")
        ? "Choose another port with --postgres-port."
        : "Free some disk, check the folder's owner, or set DATABASE_URL to a server of your own.";
      throw new UniArmError(
        "postgres-start-failed",
        `PostgreSQL did not start on ${data}, port ${port}: ${lastLine(printed())}. ${advice}`,
        { cause },
      );
    }
  }
}

const hasEnded = (child: ChildProcess): boolean =>
  child.exitCode !== null || child.signalCode !== null || child.pid === undefined;

/** Waits until a server takes the password, and makes the database. */
async function ready(url: string, child: ChildProcess | null): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = new pg.Client({
      connectionString: url.replace(/\/[^/]*$/, "/postgres"),
      connectionTimeoutMillis: 2000,
    });
    client.on("error", () => undefined);
    try {
      await client.connect();
      const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [DATABASE]);
      if (rowCount === 0) await client.query(`CREATE DATABASE "${DATABASE}"`);
      return;
    } catch (cause) {
      const { code = "", message } = cause as Error & { code?: string };
      // on a busy machine an answer may be late
      const isPassing = ["ECONNREFUSED", "57P03", "ECONNRESET"].includes(code) || message.includes("timeout");
      if (isPassing && !(child && hasEnded(child)) && Date.now() < deadline) {
        await sleep(50);
        continue;
      }
      throw new UniArmError(
        "postgres-start-failed",
        `The embedded PostgreSQL does not answer: ${(cause as Error).message}.`,
        { cause },
      );
    } finally {
      await client.end().catch(() => undefined);
    }
  }
}

function handlesOf(pid: number, child?: ChildProcess): Pick<EmbeddedPostgres, "exited" | "stop"> {
  const exited = child
    ? new Promise<void>((done) => {
        if (child.exitCode !== null || child.signalCode !== null) done();
        child.on("exit", () => done());
      })
    : untilGone(pid);
  const stop = async (): Promise<void> => {
    signal(pid, "SIGINT"); // "fast": ends sessions, rolls back, checkpoints
    const late = setTimeout(() => signal(pid, "SIGQUIT"), 20_000);
    await exited;
    clearTimeout(late);
  };
  return { exited, stop };
}

async function untilGone(pid: number): Promise<void> {
  while (signal(pid, 0)) await sleep(200, undefined, { ref: false });
}

function signal(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(pid, name);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}

const urlOf = (port: number, password: string): string =>
  `postgresql://${USER}:${encodeURIComponent(password)}@127.0.0.1:${port}/${DATABASE}`;

function lastPort(folder: string): number | undefined {
  try {
    const port = Number(readFileSync(join(folder, "postgres-port"), "utf8"));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
  } catch {
    return undefined;
  }
}

async function freePort(wanted: number | undefined): Promise<number> {
  const tryPort = (port: number): Promise<number | null> =>
    new Promise((done) => {
      const server = createServer();
      server.on("error", () => done(null));
      server.listen(port, "127.0.0.1", () => {
        const { port: got } = server.address() as { port: number };
        server.close(() => done(got));
      });
    });
  return (wanted === undefined ? null : await tryPort(wanted)) ?? (await tryPort(0))!;
}

/** The last 4 kB that a child printed; whole lines go to `log` as they come. */
function collect(child: ChildProcess, log?: (line: string) => void): () => string {
  let tail = "";
  for (const stream of [child.stdout!, child.stderr!]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      tail = (tail + text).slice(-4096);
      if (log) for (const line of text.split("\n")) if (line.trim()) log(line);
    });
  }
  return () => tail;
}

const lastLine = (text: string): string => text.trim().split("\n").at(-1)?.trim() || "it said nothing";
