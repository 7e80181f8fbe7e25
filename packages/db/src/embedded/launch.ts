import { spawn, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { UniArmError } from "@uniarm/core/schema";
import { collect, hasEnded, lastLine } from "./child.ts";
import type { Installation } from "./initialise.ts";
import { ready } from "./ready.ts";
import { serverEnvironment } from "./server-environment.ts";

/** Starts a server and waits until it answers; tries again for a while where the lock file of a killed one still counts. @throws UniArmError postgres-start-failed */
export async function launch(
  { data, binaries, port, user, log }: Installation & { port: number; log: (line: string) => void },
  url: string,
): Promise<ChildProcess> {
  const deadline = Date.now() + 10_000;
  const settings = [
    "listen_addresses=127.0.0.1",
    "unix_socket_directories=",
    "max_wal_size=2GB",
    "shared_buffers=256MB",
    "timezone=UTC", // a folder that was made under another zone
  ];
  const flags = ["-D", data, "-p", String(port), ...settings.flatMap((setting) => ["-c", setting])];
  for (;;) {
    // a process group of its own: Ctrl-C reaches this program, which then ends its server in order
    const child = spawn(join(binaries, "bin", "postgres"), flags, {
      ...user,
      env: serverEnvironment(),
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
        : "Free some disk, check the folder's owner, or set UNIARM_DATABASE_URL to a server of your own.";
      throw new UniArmError(
        "postgres-start-failed",
        `PostgreSQL did not start on ${data}, port ${port}: ${lastLine(printed())}. ${advice}`,
        { cause },
      );
    }
  }
}
