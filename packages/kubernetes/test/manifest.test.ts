import { expect, test } from "vitest";
import { jobManifest, Site } from "../src/index.ts";

const NEEDED = { namespace: "align", image: "uniarm-worker:1", claim: { name: "uniarm", mountPath: "/shared" } };
const BATCH = {
  name: "uniarm-0a1b2c3d4e5f-m1x2",
  worker: "0123456789abcdef",
  attempts: ["0a1b2c3d4e5f", "1a1b2c3d4e5f"],
  folder: "/shared/batches/uniarm-0a1b2c3d4e5f-m1x2",
  resources: {},
  environment: {},
  command: ["node", "/opt/uniarm/on-node.ts", "/shared/batches/uniarm-0a1b2c3d4e5f-m1x2"],
  graceSeconds: 43,
};

test("several jobs are one Indexed Job, whose pods have no rights, no token and a try each", () => {
  const site = Site.parse({
    ...NEEDED,
    pullSecrets: ["registry"],
    secrets: { JUDGE_KEY: { name: "judge", key: "token" } },
    serviceAccount: "jobs",
  });
  const resources = {
    cpus: 4,
    memory: "16Gi",
    gpus: 1,
    time: "4h",
    nodeSelector: { pool: "gpu" },
    tolerations: [{ key: "nvidia.com/gpu", operator: "Exists" as const }],
    priorityClass: "low",
  };
  const labels = {
    "app.kubernetes.io/managed-by": "uniarm",
    "uniarm/worker": "0123456789abcdef",
    "uniarm/batch": BATCH.name,
  };
  expect(jobManifest(site, { ...BATCH, resources, environment: { UNIARM_CACHE: "/shared/cache" } })).toEqual({
    apiVersion: "batch/v1",
    kind: "Job",
    metadata: {
      name: BATCH.name,
      namespace: "align",
      labels,
      annotations: { "uniarm/attempts": '["0a1b2c3d4e5f","1a1b2c3d4e5f"]' },
    },
    spec: {
      completionMode: "Indexed",
      completions: 2,
      parallelism: 2,
      backoffLimitPerIndex: 0,
      podReplacementPolicy: "Failed",
      ttlSecondsAfterFinished: 5400,
      template: {
        metadata: { labels },
        spec: {
          restartPolicy: "Never",
          automountServiceAccountToken: false,
          enableServiceLinks: false,
          serviceAccountName: "jobs",
          imagePullSecrets: [{ name: "registry" }],
          priorityClassName: "low",
          nodeSelector: { pool: "gpu" },
          tolerations: [{ key: "nvidia.com/gpu", operator: "Exists" }],
          activeDeadlineSeconds: 15_300,
          terminationGracePeriodSeconds: 43,
          securityContext: {
            runAsNonRoot: true,
            runAsUser: 1000,
            runAsGroup: 1000,
            seccompProfile: { type: "RuntimeDefault" },
          },
          containers: [
            {
              name: "job",
              image: "uniarm-worker:1",
              command: BATCH.command,
              workingDir: BATCH.folder,
              env: [
                { name: "HOME", value: "/tmp" },
                { name: "UNIARM_CACHE", value: "/shared/cache" },
                { name: "JUDGE_KEY", valueFrom: { secretKeyRef: { name: "judge", key: "token" } } },
              ],
              resources: {
                requests: { cpu: "4", memory: "16Gi", "nvidia.com/gpu": "1" },
                limits: { cpu: "4", memory: "16Gi", "nvidia.com/gpu": "1" },
              },
              securityContext: {
                allowPrivilegeEscalation: false,
                readOnlyRootFilesystem: true,
                capabilities: { drop: ["ALL"] },
              },
              terminationMessagePolicy: "FallbackToLogsOnError",
              volumeMounts: [
                { name: "shared", mountPath: "/shared" },
                { name: "tmp", mountPath: "/tmp" },
              ],
            },
          ],
          volumes: [
            { name: "shared", persistentVolumeClaim: { claimName: "uniarm" } },
            { name: "tmp", emptyDir: {} },
          ],
        },
      },
    },
  });
});

test("what is not asked for is left to the namespace", () => {
  const { spec } = jobManifest(Site.parse(NEEDED), BATCH).spec!.template;
  expect(spec).not.toHaveProperty("activeDeadlineSeconds");
  expect(spec).not.toHaveProperty("serviceAccountName");
  expect(spec!.containers[0]!.resources).toEqual({});
});

test("a value that looks like a variable of Kubernetes stays as it is", () => {
  const environment = { UNIARM_WORKER_JUDGES: "http://judge/$(X)" };
  const { env } = jobManifest(Site.parse(NEEDED), { ...BATCH, environment }).spec!.template.spec!.containers[0]!;
  expect(env).toContainEqual({ name: "UNIARM_WORKER_JUDGES", value: "http://judge/$$(X)" });
});
