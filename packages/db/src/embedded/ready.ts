import type { ChildProcess } from "node:child_process";
import { setTimeout as sleep } from "node:timers/promises";
import { UniArmError } from "@uniarm/core/schema";
import { clientOf } from "../connection-of.ts";
import { hasEnded } from "./child.ts";
import { NAME } from "./url.ts";

const START_TIMEOUT_MS = 60_000;

/** Waits until a server takes the password, and makes the database. */
export async function ready(url: string, child: ChildProcess | null): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const client = clientOf(url.replace(/\/[^/]*$/, "/postgres"), { connectionTimeoutMillis: 2000 });
    client.on("error", () => undefined);
    try {
      await client.connect();
      const { rowCount } = await client.query("SELECT 1 FROM pg_database WHERE datname = $1", [NAME]);
      if (rowCount === 0) await client.query(`CREATE DATABASE "${NAME}"`);
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
