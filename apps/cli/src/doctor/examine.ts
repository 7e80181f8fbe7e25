import { spawn, spawnSync } from "node:child_process";
import { statfs } from "node:fs/promises";
import { connect } from "node:net";
import { freemem, totalmem } from "node:os";
import { join } from "node:path";
import type { DoctorReport, EngineReport } from "./report.ts";

const FIX = {
  tensorflow: "pnpm engine:install",
  wasm: "npx pnpm@10.34.9 install",
} as const;
/** The newest Node that TensorFlow.js's native package runs on, and the oldest that runs TypeScript as it is. */
const NODE_MAJOR = 22;
const CONNECT_TIMEOUT_MS = 2000;

/** Looks at everything that the platform needs of a machine; nothing is changed. */
export async function examine(environment: NodeJS.ProcessEnv = process.env): Promise<DoctorReport> {
  const engines = [await engineReport("tensorflow", environment), await engineReport("wasm", environment)];
  const folder = process.cwd();
  const { bavail, bsize } = await statfs(folder);
  return {
    engines,
    engine: engines.find(({ available }) => available)?.name ?? null,
    node: {
      version: process.versions.node,
      supported: Number(process.versions.node.split(".")[0]) === NODE_MAJOR,
    },
    postgres: await postgresReport(environment),
    disk: { folder, freeBytes: bavail * bsize },
    memory: { totalBytes: totalmem(), freeBytes: freemem() },
  };
}

async function engineReport(name: EngineReport["name"], environment: NodeJS.ProcessEnv): Promise<EngineReport> {
  const { code, printed } = await runProbe({ ...environment, UNIARM_ENGINE: name });
  const found = parsed(printed);
  if (code === 0 && found) return { name, available: true, ...found };
  const reason = typeof found?.reason === "string" ? found.reason : `its process ended with ${code}`;
  return { name, available: false, reason, fix: FIX[name] };
}

function runProbe(environment: NodeJS.ProcessEnv): Promise<{ code: number | string | null; printed: string }> {
  return new Promise((resolve) => {
    const probe = join(import.meta.dirname, `probe${import.meta.filename.slice(-3)}`); // .ts here, .js when packed
    const child = spawn(process.execPath, [probe], { env: environment, stdio: ["ignore", "pipe", "ignore"] });
    let printed = "";
    child.stdout.on("data", (part: Buffer) => (printed += part.toString()));
    child.on("error", (error) => {
      resolve({ code: error.message, printed });
    });
    child.on("close", (code, signal) => {
      resolve({ code: code ?? signal, printed });
    });
  });
}

function parsed(printed: string): Record<string, unknown> | null {
  try {
    return JSON.parse(printed.trim().split("\n").at(-1) ?? "") as Record<string, unknown>;
  } catch {
    return null;
  }
}

async function postgresReport({ UNIARM_DATABASE_URL, PATH }: NodeJS.ProcessEnv): Promise<DoctorReport["postgres"]> {
  const versions = ["postgres", "psql"].map((program) => {
    const { status, stdout } = spawnSync(program, ["--version"], { encoding: "utf8", env: { PATH } });
    return status === 0 ? stdout.trim() : null;
  });
  const program = versions.find((version) => version !== null) ?? null;
  if (!UNIARM_DATABASE_URL || !URL.canParse(UNIARM_DATABASE_URL)) return { program, address: null, reachable: null };
  const { hostname, port } = new URL(UNIARM_DATABASE_URL);
  const [host, number] = [hostname || "localhost", Number(port || 5432)];
  return { program, address: `${host}:${number}`, reachable: await accepts(host, number) };
}

/** Whether something listens there; no password is sent. */
function accepts(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: CONNECT_TIMEOUT_MS });
    const end = (answer: boolean) => (): void => {
      socket.destroy();
      resolve(answer);
    };
    socket.once("connect", end(true)).once("error", end(false)).once("timeout", end(false));
  });
}
