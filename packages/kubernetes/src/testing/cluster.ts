import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { startKubelet, type TestKubelet } from "./kubelet.ts";
import { createStore, type Job, type Pod, type Store } from "./store.ts";

/**
 * A cluster of the tests: an API server for the calls that the launcher makes, a Job controller, and a kubelet whose pods are
 * processes of this machine. What it answers fits the OpenAPI document of Kubernetes: test/contract.test.ts.
 */
export interface TestCluster extends Pick<TestKubelet, "pidOf" | "oomKill" | "setObstacle"> {
  /** a kubeconfig of it */
  kubeconfig: string;
  store: Store;
  /** What was asked, and answered. */
  exchanges: readonly Exchange[];
  /** A pod that was ended for the cluster's sake: the condition, SIGTERM, and gone. */
  disrupt: (pod: string, reason: string) => void;
  /** Nobody answers until it is started again, on the same port. Pods go on. */
  stopServer: () => Promise<void>;
  startServer: () => Promise<void>;
  stop: () => Promise<void>;
}

export interface Exchange {
  method: string;
  url: string;
  body: unknown;
  status: number;
  answer: unknown;
}

export const NAMESPACE = "align";
const TOKEN = "token-of-the-tests";

export async function startTestCluster(environment: Readonly<Record<string, string>> = {}): Promise<TestCluster> {
  let kubelet!: TestKubelet;
  const store = createStore((made) => (kubelet = startKubelet(made, environment)));
  const exchanges: Exchange[] = [];
  let server: Server;
  let port = 0;
  const startServer = async (): Promise<void> => {
    server = createServer((request, response) => {
      void answer(store, request, response).then((exchange) => exchanges.push(exchange));
    });
    await new Promise<void>((done) => server.listen(port, "127.0.0.1", done));
    ({ port } = server.address() as AddressInfo);
  };
  const stopServer = async (): Promise<void> => {
    const closed = new Promise<void>((done) => server.close(() => done()));
    server.closeAllConnections();
    await closed;
  };
  await startServer();
  const folder = mkdtempSync(join(tmpdir(), "kubernetes-"));
  const kubeconfig = join(folder, "config");
  const config = {
    apiVersion: "v1",
    kind: "Config",
    "current-context": "test",
    clusters: [{ name: "test", cluster: { server: `http://127.0.0.1:${port}`, "insecure-skip-tls-verify": true } }],
    users: [{ name: "test", user: { token: TOKEN } }],
    contexts: [{ name: "test", context: { cluster: "test", user: "test" } }],
  };
  writeFileSync(kubeconfig, JSON.stringify(config), { mode: 0o600 });
  return {
    kubeconfig,
    store,
    exchanges,
    pidOf: kubelet.pidOf,
    oomKill: kubelet.oomKill,
    setObstacle: kubelet.setObstacle,
    disrupt: (name, reason) => {
      store.mark(store.pods.get(name)!, { type: "DisruptionTarget", status: "True", reason });
      store.deletePod(name, null);
    },
    startServer,
    stopServer,
    stop: async () => {
      await stopServer();
      await kubelet.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

type Answer = [status: number, body: object];

async function answer(store: Store, request: IncomingMessage, response: ServerResponse): Promise<Exchange> {
  const body = await text(request);
  const [status, content] =
    request.headers.authorization === `Bearer ${TOKEN}`
      ? answerTo(store, request, body)
      : failure(401, "Unauthorized", "Unauthorized");
  const answered = JSON.stringify(content);
  response.writeHead(status, { "content-type": "application/json" }).end(answered);
  return {
    method: request.method!,
    url: request.url!,
    body: body === "" ? null : JSON.parse(body),
    status,
    answer: JSON.parse(answered),
  };
}

const PATH = /^\/(?:apis\/batch\/v1|api\/v1)\/namespaces\/([^/]+)\/(jobs|pods)(?:\/([^/]+))?$/;

function answerTo(store: Store, { method, url }: IncomingMessage, body: string): Answer {
  const { pathname, searchParams } = new URL(url!, "http://cluster");
  const [, namespace, kind, name] = PATH.exec(pathname) ?? [];
  if (kind === undefined) return failure(404, "NotFound", "the server could not find the requested resource");
  if (namespace !== NAMESPACE) return failure(403, "Forbidden", `${kind} is forbidden in the namespace "${namespace}"`);
  if (method === "POST" && kind === "jobs") return create(store, JSON.parse(body) as Job);
  const all: Map<string, Job | Pod> = kind === "jobs" ? store.jobs : store.pods;
  if (method === "GET") {
    const apiVersion = kind === "jobs" ? "batch/v1" : "v1";
    const items = [...all.values()].filter((one) => isSelected(one, searchParams.get("labelSelector") ?? ""));
    return [200, { kind: kind === "jobs" ? "JobList" : "PodList", apiVersion, metadata: {}, items }];
  }
  const one = all.get(name!);
  if (!one) return failure(404, "NotFound", `${kind}${kind === "jobs" ? ".batch" : ""} "${name}" not found`);
  const grace = searchParams.get("gracePeriodSeconds");
  if (kind === "pods") {
    store.deletePod(name!, grace === null ? null : Number(grace));
    return [200, one];
  }
  store.deleteJob(name!);
  return [200, { kind: "Status", apiVersion: "v1", metadata: {}, status: "Success" }];
}

function create(store: Store, body: Job): Answer {
  const { name } = body.metadata;
  const { resources } = body.spec!.template.spec!.containers[0]!;
  const [requested, limit] = [resources?.requests?.memory, resources?.limits?.memory];
  if (requested !== limit || !/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(name))
    return failure(422, "Invalid", `Job.batch "${name}" is invalid`);
  const job = store.createJob(body);
  return job ? [201, job] : failure(409, "AlreadyExists", `jobs.batch "${name}" already exists`);
}

const failure = (code: number, reason: string, message: string): Answer => [
  code,
  { kind: "Status", apiVersion: "v1", metadata: {}, status: "Failure", message, reason, code },
];

/** `key=value` and `key`, with commas. */
const isSelected = ({ metadata }: Job | Pod, selector: string): boolean =>
  selector.split(",").every((term) => {
    const [key = "", value] = term.split("=");
    const own = metadata.labels?.[key];
    return term === "" || (value === undefined ? own !== undefined : own === value);
  });
