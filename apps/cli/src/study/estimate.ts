import { UniArmError } from "@uniarm/core/schema";
import { ask, connect, type Api, type ConnectFlags } from "../server/connect.ts";

export type LaunchEstimate = Awaited<ReturnType<Api["runs"]["estimate"]["mutate"]>>;

/** What the server knows of such runs; null where none was named and this machine's own does not answer. */
export async function estimateStudy(flags: ConnectFlags, config: unknown): Promise<LaunchEstimate | null> {
  try {
    const connection = connect(flags);
    const input = { kind: "study" as const, config: config as Record<string, unknown> };
    return await ask(connection, () => connection.api.runs.estimate.mutate(input));
  } catch (error) {
    const isAway = error instanceof UniArmError && ["server-unknown", "server-away"].includes(error.code);
    if (isAway && flags.server === undefined) return null;
    throw error;
  }
}
