import { WORK_PROTOCOL } from "@uniarm/core/schema";
import { newId } from "@uniarm/db";
import type { Serving } from "./serving.ts";

export interface Assignment {
  attemptId: string;
  runId: string;
  kind: string;
  config: { model: string; checkpoint?: string };
  checkpoints: Record<string, { path: string }[]>;
}

/** What a worker says to a server. */
export function workerOf(api: Serving) {
  const tell = async (path: string, body: object): Promise<unknown> => {
    const { status, body: answer } = await api.ask("write", "POST", `/trpc/work.${path}`, body);
    if (status !== 200) throw new Error(JSON.stringify(answer));
    return (answer as { result: { data: unknown } }).result.data;
  };
  const claimed = async (labels: string[] = []): Promise<Assignment | null> => {
    const workerId = newId();
    const about = { name: "test", host: "test", version: "test", protocol: WORK_PROTOCOL, slots: 1 };
    await tell("hello", { id: workerId, ...about, labels, alive: [] });
    return (await tell("claim", {
      workerId,
      host: "test",
      launcher: "test",
      labels,
      slotsFree: 1,
      known: [],
      waitMs: 5000,
    })) as Assignment | null;
  };
  return { tell, claimed };
}
