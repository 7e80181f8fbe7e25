import { spawn } from "node:child_process";
import { mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** How a program finds a server. */
export interface RunningServer {
  environment: { UNIARM_SERVER: string; UNIARM_KEY: string };
  stop: () => Promise<void>;
}

/** `uniarm serve` of this workspace, with its data below a folder. What it logs is in server.log there. @throws Error with the log when it ends before it is ready */
export async function startServer(root: string, folder: string): Promise<RunningServer> {
  const data = join(folder, "server-data");
  const logPath = join(folder, "server.log");
  mkdirSync(data);
  const log = openSync(logPath, "w");
  const main = join(root, "apps/cli/src/main.ts");
  const server = spawn(process.execPath, [main, "serve", "--data", data, "--port", "0", "--json"], {
    stdio: ["ignore", "pipe", log],
  });
  const exited = new Promise<void>((done) => server.on("close", () => done()));
  const url = await new Promise<string>((ready, failed) => {
    createInterface({ input: server.stdout! }).on("line", (line) => {
      const said = JSON.parse(line) as { type: string; url: string };
      if (said.type === "ready") ready(said.url);
    });
    void exited.then(() => failed(new Error(`uniarm serve ended:\n${readFileSync(logPath, "utf8")}`)));
  });
  return {
    environment: { UNIARM_SERVER: url, UNIARM_KEY: readFileSync(join(data, "local-key"), "utf8").trim() },
    stop: async () => {
      server.kill("SIGTERM");
      await exited;
    },
  };
}
