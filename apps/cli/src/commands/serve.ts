import { Command, InvalidArgumentError, Option } from "commander";
import { UniArmError } from "@uniarm/core/schema";
import { withoutPassword } from "@uniarm/db";
import type { CommandContext } from "../command-context.ts";
import { dataFolder } from "../serve/data-folder.ts";
import { serve } from "../serve/serve.ts";
import { JUDGE_HELP } from "./worker.ts";

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

interface Flags {
  data?: string;
  host: string;
  port: number;
  postgresPort?: number;
  database?: string;
  shareDatabase?: boolean;
  blobs?: string;
  publicUrl?: string;
  basePath?: string;
  trustProxy?: string;
  auth: boolean;
  worker: boolean;
  labels: string;
  slots: number;
  allowPrograms?: boolean;
  judge?: string[];
  allowPrivateWebhooks?: boolean;
  lease: number;
  logLevel: string;
  json?: boolean;
}

/** The whole platform as one command. */
export function serveCommand(context: CommandContext): Command {
  return new Command("serve")
    .description("start the tracker: database, server and one worker; Ctrl-C stops them in order")
    .option("--data <folder>", "where everything is kept (default: UNIARM_DATA, else ~/.local/share/uniarm)")
    .option("--host <address>", "address to listen on; 0.0.0.0 for all", "127.0.0.1")
    .addOption(new Option("--port <number>", "port to listen on; 0: any").default(4747).argParser(portOf))
    .addOption(
      new Option("--postgres-port <number>", "port of the embedded PostgreSQL (default: any that is free)").argParser(
        portOf,
      ),
    )
    .option(
      "--database <url>",
      "a PostgreSQL of your own (default: UNIARM_DATABASE_URL, else the embedded one; flags are seen by other users: prefer the variable)",
    )
    .option("--share-database", "use it although it holds tables of other programs")
    .option(
      "--blobs <place>",
      "where the files of runs are kept: a folder, or s3://BUCKET/PREFIX (default: UNIARM_BLOBS, else in --data)",
    )
    .option("--public-url <url>", "address that people type, behind a proxy: https://lab.example.org/uniarm")
    .option("--base-path <path>", "path of the server on a host that it shares (default: that of --public-url)")
    .option(
      "--trust-proxy <list>",
      "addresses of proxies whose X-Forwarded-* headers are believed: loopback, or 10.0.0.5,10.1.0.0/16",
    )
    .option("--no-auth", "serve without keys; on loopback only")
    .option("--no-worker", "only database and server; workers run elsewhere: uniarm worker")
    .option("--labels <list>", "what the worker offers, e.g. gpu or gpu=1,cpu", "")
    .addOption(
      new Option("--slots <number>", "slots of the worker: most runs take one; a playground holds one while it is used")
        .default(2)
        .argParser(countOf),
    )
    .option(
      "--allow-programs",
      "the worker runs programs that launches name as scorers, as this user: whoever may launch, may run them",
    )
    .option("--judge <url...>", JUDGE_HELP)
    .option(
      "--allow-private-webhooks",
      "webhooks may be of this machine and of private networks: whoever may write makes the server ask there",
    )
    .addOption(
      new Option("--lease <seconds>", "a worker that has not been heard from for this long counts as lost")
        .default(15)
        .argParser(countOf),
    )
    .addOption(
      new Option("--log-level <level>", "of server and worker, on standard error")
        .choices(["debug", "info", "warn", "error", "silent"])
        .default("warn"),
    )
    .option("--json", "print a line of JSON on standard output when everything is ready")
    .action(async (flags: Flags) => {
      if (!flags.auth && !LOOPBACK.has(flags.host))
        throw new UniArmError(
          "no-auth-open",
          `Without keys anyone who reaches ${flags.host} could do everything. Leave out --no-auth, or leave out --host.`,
        );
      const log = (line: string): void => void process.stderr.write(`${line}\n`);
      const database = (flags.database ?? process.env.UNIARM_DATABASE_URL) || undefined;
      if (database === undefined && process.env.DATABASE_URL)
        log("DATABASE_URL is not read: the embedded PostgreSQL is used. For one of your own: UNIARM_DATABASE_URL");
      const serving = await serve(
        {
          folder: dataFolder(flags.data),
          host: flags.host,
          port: flags.port,
          postgresPort: flags.postgresPort,
          database,
          sharesDatabase: flags.shareDatabase ?? false,
          blobs: (flags.blobs ?? process.env.UNIARM_BLOBS) || undefined,
          reach: {
            ...(flags.publicUrl === undefined ? {} : { publicUrl: flags.publicUrl }),
            ...(flags.basePath === undefined ? {} : { basePath: flags.basePath }),
            ...(flags.trustProxy === undefined ? {} : { trustProxy: flags.trustProxy }),
          },
          noAuth: !flags.auth,
          withoutWorker: !flags.worker,
          labels: flags.labels,
          slots: flags.slots,
          allowsPrograms: flags.allowPrograms ?? false,
          judges: flags.judge ?? [],
          allowsPrivateWebhooks: flags.allowPrivateWebhooks ?? false,
          leaseSeconds: flags.lease,
          logLevel: flags.logLevel,
        },
        log,
      );
      const { url, adminKey, folder } = serving.ready;
      const publicUrl = (flags.publicUrl ?? process.env.UNIARM_PUBLIC_URL) || null;
      const shown = database === undefined ? "embedded" : withoutPassword(database);
      if (flags.json)
        process.stdout.write(
          `${JSON.stringify({ type: "ready", url, publicUrl, adminKey, folder, database: shown, pids: serving.pids() })}\n`,
        );
      else {
        if (adminKey)
          process.stdout.write(
            `admin key              ${adminKey}\n                       shown this once: keep it. It may do everything.\n`,
          );
        process.stdout.write(
          `data                   ${folder}\ndatabase               ${shown}\n${publicUrl === null ? "" : `public                 ${publicUrl}\n`}ready                  ${url}\n`,
        );
      }
      if (!context.signal.aborted) await new Promise((done) => context.signal.addEventListener("abort", done));
      await serving.stop();
    });
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535)
    throw new InvalidArgumentError("a port is a whole number from 0 to 65535.");
  return port;
}

function countOf(text: string): number {
  const count = Number(text);
  if (!Number.isInteger(count) || count < 1) throw new InvalidArgumentError("a whole number from 1 on is expected.");
  return count;
}
