import { Command } from "commander";
import { EXIT } from "./exit-codes.ts";
import { adaptersCommand } from "./commands/adapters.ts";
import { dataCommand } from "./commands/data.ts";
import { decodeCommand } from "./commands/decode.ts";
import { demoCommand } from "./commands/demo.ts";
import { doctorCommand } from "./commands/doctor.ts";
import { evaluateCommand } from "./commands/evaluate.ts";
import { frontsCommand } from "./commands/fronts.ts";
import { keysCommand } from "./commands/keys.ts";
import { launchCommand } from "./commands/launch.ts";
import { modelsCommand } from "./commands/models.ts";
import { pretrainCommand } from "./commands/pretrain.ts";
import { runsCommand } from "./commands/runs.ts";
import { scoreCommand } from "./commands/score.ts";
import { serveCommand } from "./commands/serve.ts";
import { tinyWorldCommand } from "./commands/tiny-world.ts";
import { trainCommand } from "./commands/train.ts";
import { workerCommand } from "./commands/worker.ts";

/** What a command needs of the process, and how it says that it was interrupted. */
export interface CommandContext {
  signal: AbortSignal;
  setExitCode: (code: number) => void;
}

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
    .description("Steer a frozen language model with a small preference-conditioned reward model.")
    .version("0.1.0")
    .showHelpAfterError("(add --help for the settings)")
    .addHelpText("after", EXIT_CODE_HELP)
    .exitOverride();
  for (const make of COMMANDS)
    program.addCommand(make(context).exitOverride().showHelpAfterError("(add --help for the settings)"));
  return {
    run: async (argv) => {
      await program.parseAsync(argv);
      return exitCode;
    },
  };
}

const COMMANDS = [
  demoCommand,
  trainCommand,
  decodeCommand,
  scoreCommand,
  evaluateCommand,
  tinyWorldCommand,
  pretrainCommand,
  dataCommand,
  adaptersCommand,
  modelsCommand,
  serveCommand,
  workerCommand,
  launchCommand,
  runsCommand,
  frontsCommand,
  keysCommand,
  doctorCommand,
];

const EXIT_CODE_HELP = `
Exit codes: ${EXIT.ok} done, ${EXIT.unexpected} defect of the program, ${EXIT.badInput} bad input (the message says what to do), ${EXIT.interrupted} interrupted (what was done is kept).
Engine: UNIARM_ENGINE=tensorflow or wasm decides; without it tensorflow where it is installed.`;
