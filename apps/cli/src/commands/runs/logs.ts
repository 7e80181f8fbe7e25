import { setTimeout as sleep } from "node:timers/promises";
import { hasEnded } from "@uniarm/client";
import type { Command } from "commander";
import type { CommandContext } from "../../command-context.ts";
import { EXIT } from "../../exit-codes.ts";
import { ask, connect } from "../../server/connect.ts";
import { serverCommand, type ServerFlags } from "../server-command.ts";

interface Flags extends ServerFlags {
  follow?: boolean;
  search?: string;
}

const PAGE_LINES = 1000;
const POLL_MS = 1000;

export function logsCommand({ signal, setExitCode }: CommandContext): Command {
  return serverCommand("logs", "print the log of a run")
    .argument("<run>", "its id, or the beginning of it")
    .option("-f, --follow", "keep printing until the run ends")
    .option("--search <text>", "only lines that contain this")
    .action(async (id: string, flags: Flags) => {
      const { follow, search, json } = flags;
      const connection = connect(flags);
      const { api } = connection;
      let cursor: string | undefined;
      for (;;) {
        // asked before the page is read: once the run has ended nothing is added to its log
        const run = await ask(connection, () => api.runs.get.query({ id }));
        for (let isFull = true; isFull;) {
          const query = { id, limit: PAGE_LINES, ...(cursor ? { cursor } : {}), ...(search ? { search } : {}) };
          const page = await ask(connection, () => api.logs.read.query(query));
          cursor = page.nextCursor;
          for (const line of page.lines) process.stdout.write(json ? `${JSON.stringify(line)}\n` : line.text);
          isFull = page.lines.length === PAGE_LINES;
        }
        if (!follow || signal.aborted) return;
        if (hasEnded(run)) {
          process.stderr.write(`${run.name} ${run.state}${run.reason ? `: ${run.reason}` : ""}\n`);
          if (run.state !== "SUCCEEDED") setExitCode(EXIT.badInput);
          return;
        }
        await sleep(POLL_MS, undefined, { signal }).catch(() => undefined);
      }
    });
}
