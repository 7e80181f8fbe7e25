import { createRequire } from "node:module";
import { setFlagsFromString } from "node:v8";
import { UniArmError } from "@uniarm/core/schema";
import { createFirstAdminKey, listen, openDatabase, openBlobStore } from "@uniarm/db";
import { pino } from "pino";
import type { Services } from "./context.ts";
import { openLocalKey } from "./local-key.ts";
import { reachOf } from "./reach.ts";
import { startSchedule } from "./schedule.ts";
import { createServer } from "./server.ts";
import { settingsOf, type Environment } from "./settings.ts";
import { startSender } from "./webhooks/sender.ts";

const REDACTED = ["req.headers.authorization", "req.headers.cookie", "*.secret", "*.key"];

/** By how much the heap may grow before it is collected; by default it takes several times what is in use. */
const HEAP_GROWTH = "--heap-growing-percent=30";

/** How long a connection that does not end is waited for. */
const STOP_MS = 10_000;

/** Starts the server from its environment, prints one line of JSON when it is ready, and ends on SIGTERM or when its parent has gone. */
async function main(): Promise<void> {
  const environment = settingsOf(process.env);
  const log = pino({ level: environment.UNIARM_LOG, redact: REDACTED }, pino.destination({ fd: 2, sync: true }));
  const reach = reachOf(environment);
  const onError = (err: Error): void => log.warn({ err }, "database connection");
  const db = await openDatabase(environment.UNIARM_DATABASE_URL, {
    onError,
    isShared: environment.UNIARM_SHARE_DATABASE === "1",
  });
  const { UNIARM_LOCAL_KEY: keyFile } = environment;
  const localKey = keyFile === undefined ? null : await openLocalKey(db, keyFile);
  const adminKey = environment.UNIARM_NO_AUTH === "1" ? null : await createFirstAdminKey(db);
  const { version } = createRequire(import.meta.url)("../package.json") as { version: string };
  const services: Services = {
    db,
    log,
    listener: listen(environment.UNIARM_DATABASE_URL, onError),
    store: await openBlobStore(environment.UNIARM_BLOBS),
    localKey,
    settings: {
      noAuth: environment.UNIARM_NO_AUTH === "1",
      reach,
      redirectsBlobs: environment.UNIARM_BLOBS_REDIRECT === "1",
      leaseSeconds: environment.UNIARM_LEASE_SECONDS,
      allowsPrivateWebhooks: environment.UNIARM_PRIVATE_WEBHOOKS === "1",
      restoreSeconds: 7 * 24 * 3600,
      version,
    },
  };
  const server = await createServer({ services, pages: environment.UNIARM_PAGES });
  const url = await server
    .listen({ host: environment.UNIARM_HOST, port: environment.UNIARM_PORT })
    .catch((cause: unknown) => {
      throw portError(cause, environment);
    });
  const stopSchedule = await startSchedule(services);
  const stopSender = startSender(services);
  process.stdout.write(`${JSON.stringify({ ready: true, url, adminKey })}\n`);

  let stopping = false;
  const stop = async (): Promise<void> => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), STOP_MS).unref();
    stopSchedule();
    await stopSender();
    await server.close();
    await services.listener.close();
    await db.close();
    process.exit(0);
  };
  for (const signal of ["SIGTERM", "SIGINT"] as const) process.on(signal, () => void stop());
  // started by `uniarm serve`: it must not outlive that process
  if (process.env.UNIARM_PARENT === "1")
    process.stdin
      .on("end", () => void stop())
      .on("error", () => void stop())
      .resume();
}

function portError(cause: unknown, { UNIARM_HOST: host, UNIARM_PORT: port }: Environment): unknown {
  const { code } = cause as { code?: string };
  if (code === "EADDRINUSE")
    return new UniArmError(
      "port-taken",
      `Port ${port} of ${host} is taken by another program, perhaps by another \`uniarm serve\`. Choose another: uniarm serve --port ${port + 1}`,
      { cause },
    );
  if (code === "EACCES")
    return new UniArmError(
      "port-refused",
      `This user may not listen on port ${port} of ${host}. Choose one above 1023: uniarm serve --port 4747`,
      { cause },
    );
  if (code === "EADDRNOTAVAIL")
    return new UniArmError(
      "host-unknown",
      `This machine has no address ${host}. Use 127.0.0.1 for this machine alone, or 0.0.0.0 for all.`,
      { cause },
    );
  return cause;
}

setFlagsFromString(HEAP_GROWTH);
try {
  await main();
} catch (error) {
  const known = error instanceof UniArmError;
  process.stdout.write(
    `${JSON.stringify({ ready: false, code: known ? error.code : "defect", message: known ? error.message : String((error as Error).stack) })}\n`,
  );
  process.exit(known ? 2 : 1);
}
