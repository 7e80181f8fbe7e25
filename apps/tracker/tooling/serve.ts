import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";

const MAIN = join(import.meta.dirname, "..", "..", "cli", "src", "main.ts");

export interface Served {
  url: string;
  stop: () => Promise<void>;
}

/** `uniarm serve` over a data folder, open to this machine alone. @throws Error with what it said when it does not start */
export async function serve(folder: string, flags: readonly string[] = []): Promise<Served> {
  const child = spawn(
    process.execPath,
    [MAIN, "serve", "--data", folder, "--port", "0", "--no-auth", "--json", ...flags],
    {
      stdio: ["ignore", "pipe", "pipe"],
    },
  );
  let complaints = "";
  child.stderr.on("data", (part: Buffer) => (complaints += part.toString()));
  const exited = new Promise<number | null>((done) => child.on("close", done));
  const url = await new Promise<string>((done, failed) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const said = JSON.parse(line) as { type: string; url: string };
      if (said.type === "ready") done(said.url);
    });
    void exited.then((code) => failed(new Error(`uniarm serve ended with ${code}: ${complaints.trim().slice(-800)}`)));
  });
  return {
    url,
    stop: async () => {
      child.kill("SIGTERM");
      await exited;
    },
  };
}
