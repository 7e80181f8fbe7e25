import { Option, type Command } from "commander";
import { age, table } from "../server/table.ts";
import { commandGroup } from "./command-group.ts";
import { answer, serverCommand, type ServerFlags } from "./server-command.ts";

/** API keys of a server. */
export function keysCommand(): Command {
  return commandGroup("keys", "API keys of a server: list, create, revoke (with a key of scope admin)", [
    serverCommand("ls", "keys, without their secrets").action(async (flags: ServerFlags) => {
      await answer(
        flags,
        (api) => api.keys.list.query({}),
        ({ keys }) =>
          table(
            ["key", "name", "begins", "scopes", "last used", ""],
            keys.map((key) => [
              key.id,
              key.name,
              key.prefix,
              key.scopes.join(" "),
              key.lastUsedAt ? age(key.lastUsedAt) : "never",
              key.revokedAt
                ? "revoked"
                : key.isServers
                  ? "of the server's own worker"
                  : key.expiresAt
                    ? `expires ${key.expiresAt.slice(0, 10)}`
                    : "",
            ]),
          ),
      );
    }),
    serverCommand("create", "make a key; its secret is shown once")
      .argument("<name>", "whom or what the key is for")
      .addOption(
        new Option("--scope <scopes...>", "what the key may do").choices(["read", "write", "admin"]).default(["read"]),
      )
      .option("--days <number>", "days until it expires (default: never)")
      .action(async (name: string, flags: ServerFlags & { scope: ("read" | "write" | "admin")[]; days?: string }) => {
        await answer(
          flags,
          (api) =>
            api.keys.create.mutate({
              name,
              scopes: flags.scope,
              ...(flags.days ? { expiresInDays: Number(flags.days) } : {}),
            }),
          ({ secret }) => `${secret}\n`,
        );
      }),
    serverCommand("revoke", "revoke a key; it stops working at once")
      .argument("<key>", "id")
      .action(async (id: string, flags: ServerFlags) => {
        await answer(
          flags,
          (api) => api.keys.revoke.mutate({ id }),
          ({ id: revoked, isReplaced }) =>
            isReplaced
              ? `${revoked} is revoked; it was the key of the server's own worker, which has a new one now\n`
              : `${revoked} is revoked\n`,
        );
      }),
  ]);
}
