import { WORK_PROTOCOL } from "@uniarm/core/schema";
import type { Api } from "./api.ts";

/** The project of what is written while measuring; it is removed afterwards. */
export const WRITTEN = "load written";

export interface LiveAttempt {
  runId: string;
  attemptId: string;
}

/** Launches a run and takes it, as a worker of its own would. */
export async function liveAttempt(api: Api, name: string): Promise<LiveAttempt> {
  const labels = [`load-${name}`];
  const launch = { project: WRITTEN, kind: "sleep", name, labels, useCache: false };
  const { id: runId } = await api.call<{ id: string }>("POST", "/api/runs", launch);
  const workerId = `load${runId}`;
  const { version } = await api.call<{ version: string }>("GET", "/api/version");
  const about = { name: workerId, host: "load", version, protocol: WORK_PROTOCOL, labels, slots: 1, alive: [] };
  await api.call("POST", "/trpc/work.hello", { id: workerId, ...about });
  const claim = { workerId, host: "load", launcher: "load", labels, slotsFree: 1, known: [] };
  const { result } = await api.call<{ result: { data: LiveAttempt | null } }>("POST", "/trpc/work.claim", {
    ...claim,
    waitMs: 10_000,
  });
  if (!result.data) throw new Error(`The run ${name} was not handed out.`);
  return { runId, attemptId: result.data.attemptId };
}

export const sendEvents = async (api: Api, attemptId: string, events: readonly object[]): Promise<void> => {
  await api.call("POST", "/trpc/work.events", { attemptId, events });
};
