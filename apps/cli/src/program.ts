import { Command } from "commander";
import type { CommandContext } from "./command-context.ts";
import { EXIT } from "./exit-codes.ts";

/** The whole command line. `run` takes process.argv and resolves to the exit code. */
export function createProgram(signal: AbortSignal): { run: (argv: readonly string[]) => Promise<number> } {
  let exitCode: number = EXIT.ok;
  const context: CommandContext = {
    signal,
    setExitCode: (code) => {
      exitCode = code;
    },
  };
  const program = new Command("uniarm")
    .description(
      "Steer a frozen language model with an ARM: a small autoregressive reward model that is given a preference.",
    )
    .version("0.1.0")
    .enablePositionalOptions() // what follows a command's name is that command's, also where a command has commands
    .addHelpText("after", EXIT_CODE_HELP);
  reporting(program);
  return {
    run: async (argv) => {
      for (const load of commandsFor(argv.slice(2))) {
        const make = await load();
        program.addCommand(reporting(make(context)));
      }
      await program.parseAsync(argv);
      return exitCode;
    },
  };
}

/** Commander hands these two settings down only to commands that it makes itself, later: each command is told. */
function reporting(command: Command): Command {
  for (const child of command.commands) reporting(child);
  return command.exitOverride().showHelpAfterError("(add --help for the settings)");
}

/** The one that is named; all where help or an unknown name needs them. */
function commandsFor(args: readonly string[]): (() => Promise<Maker>)[] {
  const asked = Object.entries(COMMANDS).filter(([name]) => name === args[0]);
  return (asked.length > 0 ? asked : Object.entries(COMMANDS)).map(([, load]) => load);
}

type Maker = (context: CommandContext) => Command;

/** Only the command that is asked for is loaded: tensors and databases take longer to load than most answers. */
export const COMMANDS: Record<string, () => Promise<Maker>> = {
  demo: async () => (await import("./commands/demo.ts")).demoCommand,
  train: async () => (await import("./commands/train.ts")).trainCommand,
  decode: async () => (await import("./commands/decode.ts")).decodeCommand,
  score: async () => (await import("./commands/score.ts")).scoreCommand,
  evaluate: async () => (await import("./commands/evaluate.ts")).evaluateCommand,
  judge: async () => (await import("./commands/judge.ts")).judgeCommand,
  study: async () => (await import("./commands/study.ts")).studyCommand,
  "tiny-world": async () => (await import("./commands/tiny-world.ts")).tinyWorldCommand,
  pretrain: async () => (await import("./commands/pretrain.ts")).pretrainCommand,
  data: async () => (await import("./commands/data.ts")).dataCommand,
  adapters: async () => (await import("./commands/adapters.ts")).adaptersCommand,
  models: async () => (await import("./commands/models.ts")).modelsCommand,
  serve: async () => (await import("./commands/serve.ts")).serveCommand,
  backup: async () => (await import("./commands/backup.ts")).backupCommand,
  restore: async () => (await import("./commands/restore.ts")).restoreCommand,
  worker: async () => (await import("./commands/worker.ts")).workerCommand,
  workers: async () => (await import("./commands/workers.ts")).workersCommand,
  launch: async () => (await import("./commands/launch.ts")).launchCommand,
  generate: async () => (await import("./commands/generate.ts")).generateCommand,
  runs: async () => (await import("./commands/runs.ts")).runsCommand,
  fronts: async () => (await import("./commands/fronts.ts")).frontsCommand,
  datasets: async () => (await import("./commands/datasets.ts")).datasetsCommand,
  blobs: async () => (await import("./commands/blobs.ts")).blobsCommand,
  projects: async () => (await import("./commands/projects.ts")).projectsCommand,
  webhooks: async () => (await import("./commands/webhooks.ts")).webhooksCommand,
  schema: async () => (await import("./commands/schema.ts")).schemaCommand,
  keys: async () => (await import("./commands/keys.ts")).keysCommand,
  doctor: async () => (await import("./commands/doctor.ts")).doctorCommand,
};

const EXIT_CODE_HELP = `
Exit codes: ${EXIT.ok} done, ${EXIT.unexpected} defect of the program, ${EXIT.badInput} bad input (the message says what to do), ${EXIT.notFinite} training stopped at a number that is not finite (the last sound checkpoint is kept), ${EXIT.interrupted} interrupted (what was done is kept).
Engine: UNIARM_ENGINE=tensorflow or wasm decides; without it tensorflow where it is installed.`;
