/** What Postgres, or the way to it, says is wrong: it is away, the value is taken, the value cannot be stored. */
export type DatabaseProblem = "unavailable" | "taken" | "bad-value";

/** connection lost, shutting down, starting up, too many clients, disk full, out of memory */
const POSTGRES_AWAY = /^(08|57P|53)/;
/** of sockets and of Prisma */
const AWAY = new Set(["ECONNREFUSED", "ECONNRESET", "EPIPE", "ETIMEDOUT", "P1001", "P1002", "P1017", "P2024"]);
const CONNECTION_LOST =
  /Connection terminated|connection timeout|timeout exceeded when trying to connect|Can't reach database|Server has closed the connection|DatabaseNotReachable/i;
/** of Postgres and of Prisma */
const UNIQUE_VIOLATION = new Set(["23505", "P2002"]);
/** data exceptions of Postgres: a NUL in a text, a number out of range */
const BAD_VALUE = /^22[0-9A-Z]{3}$/;

/** What the database has to do with an error; null: nothing. */
export function databaseProblem(error: unknown): DatabaseProblem | null {
  const codes = codesOf(error);
  if (codes.some((code) => AWAY.has(code) || POSTGRES_AWAY.test(code))) return "unavailable";
  if (messagesOf(error).some((message) => CONNECTION_LOST.test(message))) return "unavailable";
  if (codes.some((code) => UNIQUE_VIOLATION.has(code))) return "taken";
  if (codes.some((code) => BAD_VALUE.test(code))) return "bad-value";
  return null;
}

const DEEPEST = 5;

/** An error, what caused it, and what Prisma's driver says of it. */
function chainOf(error: unknown): Record<string, unknown>[] {
  const chain: Record<string, unknown>[] = [];
  const add = (one: unknown): void => {
    if (typeof one !== "object" || one === null || chain.length >= DEEPEST) return;
    const found = one as Record<string, unknown>;
    chain.push(found);
    add(found.cause);
    add((found.meta as { driverAdapterError?: unknown } | undefined)?.driverAdapterError);
  };
  add(error);
  return chain;
}

const codesOf = (error: unknown): string[] =>
  chainOf(error).flatMap(({ code, originalCode }) => [code, originalCode].filter((one) => typeof one === "string"));

const messagesOf = (error: unknown): string[] =>
  chainOf(error).flatMap(({ message }) => (typeof message === "string" ? [message] : []));
