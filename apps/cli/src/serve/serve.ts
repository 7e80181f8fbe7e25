import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { UniArmError } from "@uniarm/core/schema";
import { startPostgres, type EmbeddedPostgres } from "@uniarm/db";
import { makeDataFolder } from "./data-folder.ts";
import { keepRunning, type Kept } from "./keep-running.ts";
import { onlyServerOf } from "./only-one.ts";
import { trackerPages } from "./pages.ts";
import { programOf } from "./programs.ts";

export interface ServeSettings {
  folder: string;
  host: string;
  port: number;
  postgresPort: number | undefined;
  /** URL of a PostgreSQL in place of the embedded one */
  database: string | undefined;
  /** it may hold tables of other programs */
  sharesDatabase: boolean;
  /** a folder or `s3://BUCKET/PREFIX`; undefined: in the data folder */
  blobs: string | undefined;
  /** what the server is told of proxies before it; empty: as the environment says */
  reach: { publicUrl?: string; basePath?: string; trustProxy?: string };
  noAuth: boolean;
  /** no worker of its own */
  withoutWorker: boolean;
  labels: string;
  slots: number;
  /** its worker runs programs that launches name */
  allowsPrograms: boolean;
  /** endpoints that the worker's runs may ask to judge: URL or URL=VARIABLE */
  judges: readonly string[];
  allowsPrivateWebhooks: boolean;
  leaseSeconds: number;
  logLevel: string;
}

export interface Ready {
  url: string;
  /** of the first start only: a key that may do everything */
  adminKey: string | null;
  folder: string;
}

export interface Serving {
  ready: Ready;
  /** Ids of the processes by name. */
  pids: () => Record<string, number | undefined>;
  stop: () => Promise<void>;
}

/**
 * Database, server and one worker, each a process that is started again when it ends. Resolves when the server answers.
 * @throws UniArmError data-in-use, those of `startPostgres`, and what the server says when it cannot start
 */
export async function serve(settings: ServeSettings, log: (line: string) => void): Promise<Serving> {
  const { folder } = settings;
  makeDataFolder(folder);
  await onlyServerOf(folder);
  const [pages, postgres] = await Promise.all([
    trackerPages(log),
    settings.database ? null : keepPostgres(settings, log),
  ]);
  const localKey = join(folder, "local-key");
  let stopped = false;
  let worker: Kept | null = null;
  let api: Kept | null = null;
  const stop = async (): Promise<void> => {
    stopped = true;
    await worker?.stop(); // first: what it saves as it ends goes to the server
    await api?.stop();
    await postgres?.stop();
  };

  const ready = await new Promise<Ready>((done, failed) => {
    let address: string | null = null;
    api = keepRunning({
      name: "the server",
      program: programOf("api"),
      log: (line) => (stopped ? undefined : log(line)),
      environment: () => ({
        UNIARM_DATABASE_URL: settings.database ?? postgres!.url(),
        UNIARM_SHARE_DATABASE: settings.sharesDatabase ? "1" : "0",
        UNIARM_BLOBS: settings.blobs ?? join(folder, "blobs"),
        UNIARM_LOCAL_KEY: localKey,
        UNIARM_HOST: settings.host,
        UNIARM_PORT: address === null ? String(settings.port) : new URL(address).port, // a restarted server keeps its port, also where any port was asked for
        ...environmentOf(settings.reach),
        UNIARM_NO_AUTH: settings.noAuth ? "1" : "0",
        UNIARM_PRIVATE_WEBHOOKS: settings.allowsPrivateWebhooks ? "1" : "0",
        UNIARM_LEASE_SECONDS: String(settings.leaseSeconds),
        UNIARM_LOG: settings.logLevel,
        ...(pages === null ? {} : { UNIARM_PAGES: pages }),
      }),
      onLine: (line) => {
        const said = saidIn(line);
        if (said === null) return log(line); // of whatever the shell makes Node load
        if (said.ready) {
          address = said.url;
          writeFileSync(join(folder, "server-url"), `${said.url}\n`); // where this machine's command line finds it
          done({ url: said.url, adminKey: said.adminKey, folder });
        } else if (address === null) failed(new UniArmError(said.code, said.message));
        else log(said.message);
      },
      onEnd: (how) => {
        if (address !== null) return;
        const message = `The server ended (${how}) before it was ready; its output is above.`;
        failed(new UniArmError("server-start-failed", message));
      },
    });
  }).catch(async (error: unknown) => {
    await stop();
    throw error;
  });

  if (!settings.withoutWorker)
    worker = keepRunning({
      name: "the worker",
      program: programOf("worker"),
      log: (line) => (stopped ? undefined : log(line)),
      environment: () => ({
        UNIARM_SERVER: ready.url,
        ...(settings.noAuth ? {} : { UNIARM_KEY_FILE: localKey }),
        UNIARM_WORKER_FOLDER: join(folder, "worker"),
        UNIARM_INBOX: join(folder, "inbox"),
        UNIARM_WORKER_LABELS: settings.labels,
        UNIARM_WORKER_SLOTS: String(settings.slots),
        UNIARM_WORKER_PROGRAMS: settings.allowsPrograms ? "1" : "0",
        UNIARM_WORKER_JUDGES: settings.judges.join(" "),
        UNIARM_LOG: settings.logLevel,
      }),
    });
  return { ready, stop, pids: () => ({ api: api?.pid(), worker: worker?.pid(), postgres: postgres?.pid() }) };
}

interface Said {
  ready: boolean;
  url: string;
  adminKey: string | null;
  code: string;
  message: string;
}

function saidIn(line: string): Said | null {
  try {
    const said = JSON.parse(line) as Said | null;
    return typeof said?.ready === "boolean" ? said : null;
  } catch {
    return null;
  }
}

const environmentOf = ({ publicUrl, basePath, trustProxy }: ServeSettings["reach"]): Record<string, string> => ({
  ...(publicUrl === undefined ? {} : { UNIARM_PUBLIC_URL: publicUrl }),
  ...(basePath === undefined ? {} : { UNIARM_BASE_PATH: basePath }),
  ...(trustProxy === undefined ? {} : { UNIARM_TRUST_PROXY: trustProxy }),
});

/** The embedded server, started again on the same port when it ends by itself. */
async function keepPostgres({ folder, postgresPort }: ServeSettings, log: (line: string) => void) {
  const lines = (line: string): void => {
    if (/FATAL|PANIC|took over|keeps its data/.test(line)) log(line);
  };
  let current: EmbeddedPostgres = await startPostgres({ folder, port: postgresPort, log: lines });
  let stopped = false;
  const { port } = new URL(current.url);
  void (async () => {
    for (;;) {
      await current.exited;
      if (stopped) return;
      log("PostgreSQL ended; starting it again");
      for (;;) {
        try {
          current = await startPostgres({ folder, port: Number(port), log: lines });
          break;
        } catch (error) {
          if (stopped) return;
          log((error as Error).message);
          await new Promise((done) => setTimeout(done, 2000));
        }
      }
    }
  })();
  return {
    url: () => current.url,
    pid: () => current.pid,
    stop: async () => {
      stopped = true;
      await current.stop();
    },
  };
}
