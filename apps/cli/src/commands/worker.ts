import { spawn } from "node:child_process";
import { join } from "node:path";
import { Command } from "commander";
import type { CommandContext } from "../command-context.ts";
import { connect } from "../server/connect.ts";
import { dataFolder } from "../serve/data-folder.ts";
import { programOf } from "../serve/programs.ts";

interface Flags {
  server?: string;
  key?: string;
  data?: string;
  name?: string;
  labels: string;
  slots: string;
  grace: string;
  allowPrograms?: boolean;
  judge?: string[];
}

export const JUDGE_HELP =
  "endpoint that runs may ask to judge, URL or URL=VARIABLE with the environment variable that holds its key; may be given several times";

/** A worker for a server, on this machine or another. */
export function workerCommand(context: CommandContext): Command {
  return new Command("worker")
    .description("work for a server: take runs, one process each; Ctrl-C gives them back with a checkpoint")
    .option("--server <url>", "server to work for (default: UNIARM_SERVER, else this machine's own)")
    .option("--key <key>", "API key with scope write (default: UNIARM_KEY, else this machine's own)")
    .option("--data <folder>", "folder for its files (default: UNIARM_DATA, else ~/.local/share/uniarm)")
    .option("--name <name>", "name under which it is shown (default: the machine's)")
    .option("--labels <list>", "what it offers: gpu, or gpu=2,cpu for at most two runs at once that ask for gpu", "")
    .option("--slots <number>", "its slots: most runs take one", "1")
    .option("--grace <seconds>", "how long a run may take to save a checkpoint before it is killed", "30")
    .option(
      "--allow-programs",
      "run programs that launches name as scorers, as this user: whoever may launch, may run them",
    )
    .option("--judge <url...>", JUDGE_HELP)
    .action(async (flags: Flags) => {
      const { url, key } = connect(flags);
      const child = spawn(process.execPath, [programOf("worker")], {
        env: {
          ...process.env,
          UNIARM_SERVER: url,
          UNIARM_WORKER_FOLDER: join(dataFolder(flags.data), `worker-${flags.name ?? "own"}`),
          UNIARM_PARENT: "1",
          ...(key ? { UNIARM_KEY: key } : {}),
          ...(flags.name ? { UNIARM_WORKER_NAME: flags.name } : {}),
          UNIARM_WORKER_LABELS: flags.labels,
          UNIARM_WORKER_SLOTS: flags.slots,
          UNIARM_WORKER_GRACE_SECONDS: flags.grace,
          UNIARM_WORKER_PROGRAMS: flags.allowPrograms ? "1" : "0",
          UNIARM_WORKER_JUDGES: flags.judge?.join(" ") ?? "",
        },
        detached: true, // Ctrl-C is passed on below, once
        stdio: ["pipe", "inherit", "inherit"],
      });
      context.signal.addEventListener("abort", () => child.kill("SIGTERM"));
      context.setExitCode(await new Promise<number>((done) => child.on("exit", (code) => done(code ?? 1))));
    });
}
