import { Option, type Command } from "commander";
import { age, table, timeLeft } from "../server/table.ts";
import { commandGroup } from "./command-group.ts";
import { answer, serverCommand, type ServerFlags } from "./server-command.ts";

const EVENTS = ["failed", "stalled", "succeeded", "cancelled"] as const;

interface AddFlags extends ServerFlags {
  project: string;
  on: (typeof EVENTS)[number][];
  stalledMinutes: string;
  inside?: boolean;
}

/** Addresses that a server tells what happens to runs. */
export function webhooksCommand(): Command {
  return commandGroup("webhooks", "addresses that are told when runs fail, stall or end: ls, add, test, log, rm", [
    serverCommand("ls", "webhooks of a project")
      .option("--project <name>", "project whose runs they are told of", "default")
      .action(async (flags: ServerFlags & { project: string }) => {
        await answer(
          flags,
          (api) => api.webhooks.list.query({ project: flags.project }),
          ({ webhooks }) =>
            table(
              ["webhook", "told when runs", "waiting", "given up", "address"],
              webhooks.map(({ id, events, waiting, givenUp, url }) => [id, events.join(" "), waiting, givenUp, url]),
            ),
        );
      }),
    serverCommand("add", "tell an address; prints the secret that signs what it is sent, this once")
      .argument("<url>", "https://..., asked by POST")
      .option("--project <name>", "project whose runs it is told of", "default")
      .addOption(new Option("--on <events...>", "what it is told of").choices(EVENTS).default(["failed", "stalled"]))
      .option("--stalled-minutes <number>", "a run that reports nothing for so long has stalled", "30")
      .option("--inside", "also of runs inside of studies and sweeps")
      .action(async (url: string, flags: AddFlags) => {
        const { project, on, stalledMinutes, inside = false } = flags;
        await answer(
          flags,
          (api) =>
            api.webhooks.add.mutate({ project, url, events: on, stalledMinutes: Number(stalledMinutes), inside }),
          ({ id, secret }) =>
            `${id}\nsecret ${secret}\nit is not shown again; try the webhook: uniarm webhooks test ${id}\n`,
        );
      }),
    serverCommand("test", "send a test, and say how it was answered")
      .argument("<webhook>", "id")
      .action(async (id: string, flags: ServerFlags) => {
        await answer(
          flags,
          (api) => api.webhooks.test.mutate({ id }),
          ({ status, problem }) => (problem === null ? `taken, with ${status}\n` : `not taken: ${problem}\n`),
        );
      }),
    serverCommand("log", "what a webhook was sent, or is to be")
      .argument("<webhook>", "id")
      .action(async (id: string, flags: ServerFlags) => {
        await answer(
          flags,
          (api) => api.webhooks.deliveries.query({ id }),
          ({ deliveries }) =>
            table(
              ["delivery", "event", "run", "made", "state", "tries", "next", "problem"],
              deliveries.map((one) => [
                one.id,
                one.event,
                one.runId,
                age(one.createdAt),
                one.state,
                one.tries,
                one.nextAt ? timeLeft(one.nextAt) : "",
                one.problem,
              ]),
            ),
        );
      }),
    serverCommand("rm", "remove a webhook, with its log")
      .argument("<webhook>", "id")
      .action(async (id: string, flags: ServerFlags) => {
        await answer(
          flags,
          (api) => api.webhooks.remove.mutate({ id }),
          ({ id: removed }) => `${removed} is removed\n`,
        );
      }),
  ]);
}
