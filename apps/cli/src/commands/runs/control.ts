import type { Command } from "commander";
import { answer, serverCommand, type ServerFlags } from "../server-command.ts";

const COMMANDS = [
  ["cancel", "stop a run; it saves a checkpoint first"],
  ["resume", "continue a run from its last checkpoint"],
  ["retry", "start a run again from nothing, without its checkpoints"],
] as const;

/** cancel, resume, retry: each asks the server for one change of a run's state. */
export const controlCommands = (): Command[] =>
  COMMANDS.map(([name, description]) =>
    serverCommand(name, description)
      .argument("<run>", "its id, or the beginning of it")
      .action(async (run: string, flags: ServerFlags) => {
        await answer(
          flags,
          (api) => api.runs[name].mutate({ id: run }),
          ({ id }) => `${id}\n`,
        );
      }),
  );
