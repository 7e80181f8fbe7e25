import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { temporaryFolder } from "@uniarm/core/testing";
import { afterAll, beforeAll, expect, test } from "vitest";
import { z } from "zod";
import { jobManifest, openCluster, Site, type ClusterApi } from "../src/index.ts";
import { NAMESPACE, startTestCluster, type Exchange, type TestCluster } from "../src/testing/index.ts";

/*
 * golden/openapi.json is the part of the OpenAPI document of Kubernetes 1.37.2 that these calls need, without its descriptions.
 * It holds both sides: what is asked of a cluster, and what the cluster of the tests answers.
 */
interface Call {
  method: string;
  path: string;
  query: string[];
  body: string | null;
  answers: Record<string, string>;
}
const document = JSON.parse(readFileSync(join(import.meta.dirname, "golden/openapi.json"), "utf8")) as {
  calls: Call[];
  definitions: Record<string, { properties?: object }>;
};
/** What is not in the document is refused: a server drops a misspelt field without a word. */
const definitions = Object.fromEntries(
  Object.entries(document.definitions).map(([name, one]) => [
    name,
    one.properties === undefined ? one : { ...one, additionalProperties: false },
  ]),
);
const schemas = new Map<string, z.ZodType>();
function schemaOf(name: string): z.ZodType {
  const known = schemas.get(name);
  if (known) return known;
  const made = z.fromJSONSchema({ $ref: `#/definitions/${name}`, definitions }, { defaultTarget: "draft-7" });
  schemas.set(name, made);
  return made;
}
const STATUS = "io.k8s.apimachinery.pkg.apis.meta.v1.Status";

const site = Site.parse({
  namespace: NAMESPACE,
  image: "uniarm-worker:1",
  claim: { name: "uniarm", mountPath: "/" },
  pullSecrets: ["registry"],
  secrets: { JUDGE_KEY: { name: "judge", key: "token" } },
  serviceAccount: "jobs",
});
const manifest = (name: string, command: string[], more: object = {}) =>
  jobManifest(site, {
    name,
    worker: "0123456789abcdef",
    attempts: ["a", "b"],
    folder: "/",
    environment: { UNIARM_CPU: "1" },
    command,
    graceSeconds: 5,
    resources: {
      cpus: 1,
      memory: "1Gi",
      gpus: 1,
      time: "1h",
      priorityClass: "low",
      tolerations: [{ key: "gpu", operator: "Exists" }],
      ...more,
    },
  });

let cluster: TestCluster;
let api: ClusterApi;
const before = process.env.KUBECONFIG;
beforeAll(async () => {
  cluster = await startTestCluster();
  process.env.KUBECONFIG = cluster.kubeconfig;
  api = await openCluster(site);
});
afterAll(async () => {
  if (before === undefined) delete process.env.KUBECONFIG;
  else process.env.KUBECONFIG = before;
  await cluster.stop();
});

const queue = () => api.queue("0123456789abcdef");
const pods = async (name: string) => (await queue()).filter((task) => task.name === name).map(({ pod }) => pod);
const phases = async (name: string) => (await pods(name)).map((pod) => pod?.status.phase ?? "gone");

test("a Job's pods run, end and are found by its labels; a Job that is deleted takes them along", async () => {
  await api.submit(manifest("ends", ["node", "-e", "process.exit(Number(process.env.JOB_COMPLETION_INDEX))"]));
  await expect.poll(() => phases("ends")).toEqual(["Succeeded", "Failed"]);
  expect(await api.queue("another")).toEqual([]);
  await api.submit(manifest("ends", ["node"])); // it was heard before
  await api.deleteJob("ends");
  await api.deleteJob("ends"); // nothing is left to do
  await expect.poll(() => phases("ends")).toEqual([]);
});

test("a pod that is deleted has its time, and no other takes its place", async () => {
  const { path: folder, remove } = await temporaryFolder();
  const program = `process.on("SIGTERM", () => setTimeout(() => process.exit(1), 500)); setInterval(() => 0, 100);
    fs.writeFileSync(${JSON.stringify(folder)} + "/" + process.env.JOB_COMPLETION_INDEX, "")`;
  await api.submit(manifest("waits", ["node", "-e", program]));
  await expect.poll(() => readdirSync(folder)).toEqual(["0", "1"]);
  expect(await phases("waits")).toEqual(["Running", "Running"]);
  const [first] = await pods("waits");
  await api.deletePod(first!.metadata.name);
  await api.deletePod("absent");
  expect((await pods("waits"))[0]?.metadata.deletionTimestamp).toBeInstanceOf(Date);
  await expect.poll(() => phases("waits")).toEqual(["gone", "Running"]);
  expect((await queue())[0]!.job!.status.failedIndexes).toBe("0");
  await api.deletePod((await pods("waits"))[1]!.metadata.name, 0);
  await expect.poll(() => phases("waits")).toEqual(["gone", "gone"]);
  await remove();
});

test("what no node takes waits, and what is refused says why", async () => {
  await api.submit(manifest("nowhere", ["node"], { nodeSelector: { "test/node": "absent" } }));
  expect(await phases("nowhere")).toEqual(["Pending", "Pending"]);
  await expect(api.submit(manifest("Not a name", ["node"]))).rejects.toThrow(
    /^Kubernetes refuses the job: Job\.batch "Not a name" is invalid\.$/,
  );
});

test("an API server that is away, or lets nobody in, is told from one that refuses", async () => {
  const other = await openCluster({ namespace: "other" });
  await expect(other.queue("")).rejects.toThrow(/^Kubernetes does not let this worker in .*docs\/kubernetes\.md/);
  await cluster.stopServer();
  await expect(queue()).rejects.toThrow(/^Kubernetes does not answer/);
  await cluster.startServer();
  expect(await queue()).not.toEqual([]);
});

test("no cluster is named as such", async () => {
  await expect(openCluster({ namespace: "align", context: "absent" })).rejects.toThrow(/No cluster is known here/);
});

test("all that was asked and answered fits the OpenAPI document of Kubernetes", () => {
  const fitted = new Set<string>();
  for (const { method, url, body, status, answer } of cluster.exchanges) {
    const { pathname, searchParams } = new URL(url, "http://cluster");
    const call = callOf(method, pathname);
    for (const name of searchParams.keys()) expect(call.query).toContain(name);
    if (body !== null) expectToFit(call.body!, body);
    else expect([null, "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"]).toContain(call.body);
    expectToFit(status < 400 ? call.answers[status]! : STATUS, answer);
    fitted.add(`${call.method} ${call.path}`);
  }
  expect(fitted.size).toBe(document.calls.length);
});

test("a field that Kubernetes does not have does not fit", () => {
  const job = manifest("a", ["node"]);
  expect(schemaOf("io.k8s.api.batch.v1.Job").safeParse(job).success).toBe(true);
  const misspelt = { ...job, spec: { ...job.spec, backoffLimitPerIndexes: 0 } };
  expect(schemaOf("io.k8s.api.batch.v1.Job").safeParse(misspelt).success).toBe(false);
});

function callOf(method: string, pathname: string): Call {
  const call = document.calls.find(
    (one) => one.method === method && new RegExp(`^${one.path.replaceAll(/\{\w+\}/g, "[^/]+")}$`).test(pathname),
  );
  expect(call, `${method} ${pathname}`).toBeDefined();
  return call!;
}

function expectToFit(name: string, value: Exchange["answer"]): void {
  const { error } = schemaOf(name).safeParse(value);
  expect(error?.issues ?? [], name).toEqual([]);
}
