import { spawn, type ChildProcess } from "node:child_process";
import type { Kubelet, Pod, PodEnd, Store } from "./store.ts";

/** A kubelet of the tests: what a pod's container runs is a process of this machine, killed for real. */
export interface TestKubelet extends Kubelet {
  /** Of a pod's first process. */
  pidOf: (pod: string) => number;
  /** The container's memory is over: SIGKILL to its first process, which ends the others. */
  oomKill: (pod: string) => void;
  /** What the next pods will not get beyond: their container waits with this reason. */
  setObstacle: (reason: string | null) => void;
  /** Ends all processes that are left. */
  close: () => Promise<void>;
}

export function startKubelet(store: Store, environment: Readonly<Record<string, string>>): TestKubelet {
  const running = new Map<string, { child: ChildProcess; end?: PodEnd; timer?: NodeJS.Timeout; gone: Promise<void> }>();
  let obstacle: string | null = null;

  const wait = (pod: Pod, reason: string): void => {
    const { name, image } = pod.spec!.containers[0]!;
    const state = { waiting: { reason, message: `couldn't start with image "${image}"` } };
    pod.status.containerStatuses = [{ name, image: image!, imageID: "", ready: false, restartCount: 0, state }];
  };

  return {
    start: (pod) => {
      if (pod.spec!.nodeSelector?.["test/node"] === "absent") {
        const message = "0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.";
        return store.mark(pod, { type: "PodScheduled", status: "False", reason: "Unschedulable", message });
      }
      store.mark(pod, { type: "PodScheduled", status: "True" });
      if (obstacle !== null) return wait(pod, obstacle);
      const { name } = pod.metadata;
      const { command, env, workingDir } = pod.spec!.containers[0]!;
      const variables = (env ?? []).map(({ name: key, value }) => [key, value ?? ""] as const);
      const [program, ...args] = command!;
      const child = spawn(program!, args, {
        cwd: workingDir!,
        env: { PATH: process.env.PATH, ...environment, ...Object.fromEntries(variables) },
        stdio: ["ignore", "ignore", "pipe"],
      });
      let said = "";
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        said = (said + text).slice(-2000);
      });
      pod.status.phase = "Running";
      const gone = new Promise<void>((done) => {
        child.on("close", (code, signal) => {
          const one = running.get(name);
          clearTimeout(one?.timer);
          running.delete(name);
          const exitCode = code ?? (signal === "SIGKILL" ? 137 : 143);
          store.end(pod, one?.end ?? { phase: exitCode === 0 ? "Succeeded" : "Failed", exitCode, message: said });
          done();
        });
      });
      running.set(name, { child, gone });
    },
    stop: (pod, graceSeconds) => {
      const one = running.get(pod.metadata.name);
      if (!one) return;
      one.child.kill("SIGTERM");
      clearTimeout(one.timer);
      one.timer = setTimeout(() => one.child.kill("SIGKILL"), graceSeconds * 1000);
    },
    pidOf: (pod) => running.get(pod)!.child.pid!,
    oomKill: (pod) => {
      const one = running.get(pod)!;
      one.end = { phase: "Failed", exitCode: 137, reason: "OOMKilled" };
      one.child.kill("SIGKILL");
    },
    setObstacle: (reason) => {
      obstacle = reason;
    },
    close: async () => {
      for (const { child } of running.values()) child.kill("SIGKILL");
      await Promise.all([...running.values()].map(({ gone }) => gone));
    },
  };
}
