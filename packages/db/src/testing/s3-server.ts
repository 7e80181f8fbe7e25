import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";

/** moto answers S3's own protocol, multipart uploads and signed addresses included, and comes from PyPI. */
const WANTED = ["moto[s3]==5.2.5", "flask==3.1.3", "flask-cors==6.0.5"];
const NAME = "moto-5.2.5";
const BUCKET = "test-bucket";

export interface S3Server {
  /** what programs need to find it: an address, and keys that it takes */
  environment: Record<"AWS_ENDPOINT_URL_S3" | "AWS_ACCESS_KEY_ID" | "AWS_SECRET_ACCESS_KEY" | "AWS_REGION", string>;
  /** of a bucket that is there and empty */
  bucket: string;
  pid: number;
  stop: () => Promise<void>;
}

/** Whether an S3 server can be had here: Python with pip, and a package index the first time. Required where UNIARM_REQUIRE_S3 is 1. */
export function hasS3Server(): boolean {
  try {
    return installed() !== "";
  } catch (error) {
    if (process.env.UNIARM_REQUIRE_S3 === "1") throw error;
    return false;
  }
}

/** A real S3 server of another program on a port of its own, with one empty bucket; its objects are gone when it stops. */
export async function startS3Server(): Promise<S3Server> {
  const port = await freePort();
  const child = spawn("python3", ["-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)], {
    env: { ...process.env, PYTHONPATH: installed() },
    stdio: "ignore",
  });
  const ended = new Promise<void>((done) => child.on("exit", () => done()));
  const url = `http://127.0.0.1:${port}`;
  while (
    !(await fetch(`${url}/${BUCKET}`, { method: "PUT" }).then(
      ({ ok }) => ok,
      () => false,
    ))
  ) {
    if (child.exitCode !== null) throw new Error(`the S3 server of the tests ended with exit code ${child.exitCode}`);
    await new Promise((done) => setTimeout(done, 50));
  }
  return {
    environment: {
      AWS_ENDPOINT_URL_S3: url,
      AWS_ACCESS_KEY_ID: "test",
      AWS_SECRET_ACCESS_KEY: "test",
      AWS_REGION: "us-east-1",
    },
    bucket: BUCKET,
    pid: child.pid!,
    stop: async () => {
      child.kill("SIGKILL");
      await ended;
    },
  };
}

let folder: string | null = null;

/** The folder that holds the server, installed where it is missing; several processes may do so at once. */
function installed(): string {
  if (folder !== null) return folder;
  const cache = process.env.UNIARM_CACHE ?? join(process.env.XDG_CACHE_HOME ?? join(homedir(), ".cache"), "uniarm");
  const final = join(cache, NAME);
  if (!existsSync(final)) install(cache, final);
  return (folder = final);
}

function install(cache: string, final: string): void {
  mkdirSync(cache, { recursive: true });
  const partial = mkdtempSync(join(cache, "s3-"));
  try {
    const { status, stderr } = spawnSync(
      "python3",
      ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--target", partial, ...WANTED],
      { encoding: "utf8" },
    );
    if (status !== 0) throw new Error(`the S3 server of the tests could not be installed: ${stderr ?? "no python3"}`);
    renameSync(partial, final);
  } catch (error) {
    if (!existsSync(final)) throw error; // another process was first
  } finally {
    rmSync(partial, { recursive: true, force: true });
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as { port: number };
  await new Promise((done) => server.close(done));
  return port;
}
