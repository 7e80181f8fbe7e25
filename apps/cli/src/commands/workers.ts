import type { Command } from "commander";
import { age, table } from "../server/table.ts";
import { answer, serverCommand, type ServerFlags } from "./server-command.ts";

/** Who works for a server, and why one does not. */
export function workersCommand(): Command {
  return serverCommand(
    "workers",
    "workers of a server that were heard of within the last minute, and what keeps one from taking runs",
  ).action(async (flags: ServerFlags) => {
    await answer(
      flags,
      (api) => api.system.workers.query({}),
      ({ workers }) =>
        table(
          ["name", "host", "version", "launcher", "labels", "slots", "runs", "seen", "state"],
          workers.map(({ name, host, version, launcher, labels, slots, running, seenAt, drainingAt, problem }) => [
            name,
            host,
            version,
            launcher,
            labels.join(","),
            slots,
            running.length,
            age(seenAt),
            problem || (drainingAt === null ? "well" : "stopping"),
          ]),
        ),
    );
  });
}
