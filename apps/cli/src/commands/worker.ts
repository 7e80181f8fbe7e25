import { spawn } from "node:child_process";
import { join, resolve } from "node:path";
import { Command, Option } from "commander";
import { UniArmError } from "@uniarm/core/schema";
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
  slots?: string;
  grace: string;
  allowPrograms?: boolean;
  judge?: string[];
  launcher: "local-process" | "slurm" | "kubernetes";
  site?: string;
}

/** Of a worker whose runs are processes of its own machine, and of one whose jobs wait in a queue: as many as one array may have. */
const SLOTS = { "local-process": "1", slurm: "1000", kubernetes: "1000" };

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
    .option(
      "--slots <number>",
      "its slots: most runs take one (default: 1; with Slurm or Kubernetes 1000, waiting jobs too)",
    )
    .option("--grace <seconds>", "how long a run may take to save a checkpoint before it is killed", "30")
    .option(
      "--allow-programs",
      "run programs that launches name as scorers, as this user: whoever may launch, may run them",
    )
    .option("--judge <url...>", JUDGE_HELP)
    .addOption(
      new Option(
        "--launcher <name>",
        "where runs become processes: here, or as jobs of Slurm (docs/slurm.md) or Kubernetes (docs/kubernetes.md)",
      )
        .choices(Object.keys(SLOTS))
        .default("local-process"),
    )
    .option(
      "--site <file>",
      "with another launcher: what jobs ask for there, as YAML (default: slurm.yaml, kubernetes.yaml)",
    )
    .action(async (flags: Flags) => {
      if (flags.launcher === "local-process" && flags.site !== undefined)
        throw new UniArmError(
          "site-without-effect",
          "--site has no effect without --launcher slurm or kubernetes. Give both.",
        );
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
          UNIARM_WORKER_SLOTS: flags.slots ?? SLOTS[flags.launcher],
          UNIARM_WORKER_LAUNCHER: flags.launcher,
          ...(flags.launcher === "local-process"
            ? {}
            : { UNIARM_WORKER_SITE: resolve(flags.site ?? `${flags.launcher}.yaml`) }),
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
