import { Command } from "commander";
import { ask, connect, type Api, type ConnectFlags, type Connection } from "../server/connect.ts";

export interface ServerFlags extends ConnectFlags {
  json?: boolean;
}

/** A command that asks a server. */
export function serverCommand(name: string, description: string): Command {
  return new Command(name)
    .description(description)
    .option("--server <url>", "server to ask (default: UNIARM_SERVER, else this machine's own)")
    .option(
      "--key <key>",
      "API key (default: UNIARM_KEY, else this machine's own; flags are seen by other users: prefer the variable)",
    )
    .option("--data <folder>", "data folder of this machine's server")
    .option("--json", "the answer as JSON");
}

/** Connects, calls, prints: as JSON with --json, else as `show` says. */
export async function answer<T>(
  flags: ServerFlags,
  call: (api: Api, connection: Connection) => Promise<T>,
  show: (result: T) => string,
): Promise<T> {
  const connection = connect(flags);
  const result = await ask(connection, () => call(connection.api, connection));
  process.stdout.write(flags.json ? `${JSON.stringify(result, null, 2)}\n` : show(result));
  return result;
}
