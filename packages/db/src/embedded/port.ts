import { readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { join } from "node:path";

const fileOf = (folder: string): string => join(folder, "postgres-port");

/** The port that a server on this folder had last. */
export function lastPort(folder: string): number | undefined {
  try {
    const port = Number(readFileSync(fileOf(folder), "utf8"));
    return Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined;
  } catch {
    return undefined;
  }
}

export function notePort(folder: string, port: number): void {
  writeFileSync(fileOf(folder), `${port}\n`);
}

/** The wanted port where it is free, else any. */
export async function freePort(wanted: number | undefined): Promise<number> {
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
