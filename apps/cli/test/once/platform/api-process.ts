import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { programOf } from "../../../src/serve/programs.ts";

/** A server without the rest of `uniarm serve`, as a process. */
export interface ApiProcess {
  url: string;
  /** of the platform's first admin, where this process made it */
  adminKey: string | null;
  errors: () => string;
  /** kill -9 */
  kill: () => Promise<void>;
  stop: () => Promise<void>;
}

/** Starts a server with the variables that `uniarm serve` gives it. */
export async function startApi(environment: Record<string, string>): Promise<ApiProcess> {
  const child: ChildProcess = spawn(process.execPath, [programOf("api")], {
    env: { ...process.env, UNIARM_LOG: "warn", UNIARM_PORT: "0", ...environment },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let errors = "";
  child.stderr!.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = new Promise<void>((done) => child.on("close", () => done()));
  const said = await new Promise<{ ready: boolean; url: string; adminKey: string | null; message: string }>(
    (done, failed) => {
      createInterface({ input: child.stdout! }).on("line", (line) => done(JSON.parse(line) as never));
      void ended.then(() => failed(new Error(`the server ended: ${errors}`)));
    },
  );
  if (!said.ready) throw new Error(said.message);
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    child.kill(signal);
    await ended;
  };
  return {
    url: said.url,
    adminKey: said.adminKey,
    errors: () => errors,
    kill: () => end("SIGKILL"),
    stop: () => end("SIGTERM"),
  };
}
