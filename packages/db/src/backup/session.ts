import { UniArmError } from "@uniarm/core/schema";
import type pg from "pg";
import { connectionError } from "../connection-error.ts";
import { clientOf } from "../connection-of.ts";
import { databaseProblem } from "../problem.ts";
import { Prisma } from "../generated/client.ts";

/** Logins of browsers, since who has a key can log in again, and what lives as long as a connection. */
const LEFT_OUT: ReadonlySet<string> = new Set(["Session", "PlaygroundHold", "PlaygroundRequest", "PlaygroundAnswer"]);
export const TABLES: readonly string[] = Object.values(Prisma.ModelName).filter((name) => !LEFT_OUT.has(name));

/** Values as text that reads back to the same value, whatever the login's own settings are. */
const EXACT_TEXT = [
  "client_encoding = 'UTF8'",
  "DateStyle = 'ISO'",
  "IntervalStyle = 'postgres'",
  "TimeZone = 'UTC'",
  "extra_float_digits = 3",
  "bytea_output = 'hex'",
  "statement_timeout = 0",
  "idle_in_transaction_session_timeout = 0",
];

/** One connection of its own for `work`, with values as exact text. @throws UniArmError database-unreachable and its like */
export async function withSession<T>(url: string, work: (client: pg.Client) => Promise<T>): Promise<T> {
  const client = clientOf(url, { connectionTimeoutMillis: 10_000 });
  client.on("error", () => undefined);
  try {
    await client.connect();
    for (const setting of EXACT_TEXT) await client.query(`SET ${setting}`);
    return await work(client);
  } catch (cause) {
    if (cause instanceof UniArmError || databaseProblem(cause) !== "unavailable") throw cause;
    throw connectionError(cause, url);
  } finally {
    await client.end().catch(() => undefined);
  }
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;
