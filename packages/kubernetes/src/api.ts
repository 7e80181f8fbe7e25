import type { ApiException, KubeConfig, RequestContext, ResponseContext, V1Job } from "@kubernetes/client-node";
import { UniArmError } from "@uniarm/core/schema";
import { z } from "zod";
import { JobAnswer, PodAnswer } from "./answers.ts";
import { BATCH, MANAGED_BY, WORKER } from "./manifest.ts";
import { tasksOf, type QueuedTask } from "./queue.ts";
import type { Site } from "./site.ts";

/** The few calls that a launcher makes, in one namespace. */
export interface ClusterApi {
  /** Gives a Job to Kubernetes; one that has it already is none the wiser. @throws UniArmError kubernetes-away, kubernetes-refused */
  submit: (manifest: V1Job) => Promise<void>;
  /** All jobs of a worker that Kubernetes knows, those that have ended too. @throws UniArmError kubernetes-away */
  queue: (worker: string) => Promise<QueuedTask[]>;
  /** Ends a pod: SIGTERM, and SIGKILL when its own time for that, or that of `graceSeconds`, is over. @throws UniArmError kubernetes-away */
  deletePod: (name: string, graceSeconds?: number) => Promise<void>;
  /** Forgets a Job, and ends what of its pods is left. @throws UniArmError kubernetes-away */
  deleteJob: (name: string) => Promise<void>;
}

const ANSWER_MS = 30_000;
/** What is said of a Job, not of the moment: it would be refused again. */
const REFUSED = new Set([400, 413, 422]);

/** By the kubeconfig where there is one, else as the account of the pod that this runs in. @throws UniArmError kubernetes-unknown */
export async function openCluster({ context, namespace }: Pick<Site, "context" | "namespace">): Promise<ClusterApi> {
  // it takes 90 MB and half a second, which only those who speak to a cluster have to give
  const { BatchV1Api, CoreV1Api, KubeConfig, Observable } = await import("@kubernetes/client-node");
  const config = configure(new KubeConfig(), context);
  const [batch, core] = [config.makeApiClient(BatchV1Api), config.makeApiClient(CoreV1Api)];
  const patiently = {
    middleware: [
      {
        pre: (request: RequestContext) => {
          request.setSignal(AbortSignal.timeout(ANSWER_MS));
          return new Observable(Promise.resolve(request));
        },
        post: (response: ResponseContext) => new Observable(Promise.resolve(response)),
      },
    ],
    middlewareMergeStrategy: "append" as const,
  };
  const gone = (error: unknown): void => {
    if (!isAnswer(error) || error.code !== 404) throw away(error);
  };
  return {
    submit: async (body) => {
      try {
        await batch.createNamespacedJob({ namespace, body }, patiently);
      } catch (error) {
        if (isAnswer(error) && error.code === 409) return; // it was heard before; its name is no other's
        if (!isAnswer(error) || !REFUSED.has(error.code)) throw away(error);
        throw new UniArmError("kubernetes-refused", `Kubernetes refuses the job: ${saidBy(error)}.`, { cause: error });
      }
    },
    queue: async (worker) => {
      const of = { namespace, labelSelector: `${MANAGED_BY}=uniarm,${WORKER}=${worker},${BATCH}` };
      try {
        // pods first: the Job of one that is listed was there before it
        const pods = await core.listNamespacedPod(of, patiently);
        const jobs = await batch.listNamespacedJob(of, patiently);
        return tasksOf(z.array(JobAnswer).parse(jobs.items), z.array(PodAnswer).parse(pods.items));
      } catch (error) {
        throw away(error);
      }
    },
    deletePod: (name, graceSeconds) =>
      core
        .deleteNamespacedPod(
          { name, namespace, ...(graceSeconds === undefined ? {} : { gracePeriodSeconds: graceSeconds }) },
          patiently,
        )
        .then(() => undefined, gone),
    deleteJob: (name) =>
      batch
        .deleteNamespacedJob({ name, namespace, propagationPolicy: "Background" }, patiently)
        .then(() => undefined, gone),
  };
}

/** What the library takes where it has found nothing. */
const NOWHERE = "http://localhost:8080";

function configure(config: KubeConfig, context: string | undefined): KubeConfig {
  try {
    config.loadFromDefault();
    if (context !== undefined) config.setCurrentContext(context);
    const server = config.getCurrentCluster()?.server;
    if (server === undefined) throw new Error(`there is no context ${config.getCurrentContext()}`);
    if (server === NOWHERE) throw new Error("there is no kubeconfig, and no account of a pod");
  } catch (cause) {
    throw new UniArmError(
      "kubernetes-unknown",
      `No cluster is known here (${(cause as Error).message}). Set KUBECONFIG, or name a context of it in the site file; see: kubectl config get-contexts`,
      { cause },
    );
  }
  return config;
}

function away(error: unknown): UniArmError {
  if (isAnswer(error) && (error.code === 401 || error.code === 403))
    return new UniArmError(
      "kubernetes-away",
      `Kubernetes does not let this worker in (${saidBy(error)}). docs/kubernetes.md shows the role that it needs.`,
      { cause: error },
    );
  const said = isAnswer(error) ? saidBy(error) : reasonOf(error as Error);
  return new UniArmError("kubernetes-away", `Kubernetes does not answer (${said}).`, { cause: error });
}

const isAnswer = (error: unknown): error is ApiException<unknown> =>
  error instanceof Error && "code" in error && typeof error.code === "number" && "body" in error;

const reasonOf = ({ message, cause }: Error): string =>
  cause instanceof Error ? `${message}: ${cause.message || (cause as NodeJS.ErrnoException).code}` : message;

const Status = z.object({ message: z.string().min(1) });

/** The sentence of Kubernetes itself. */
function saidBy({ code, body }: ApiException<unknown>): string {
  try {
    const { message } = Status.parse(typeof body === "string" ? JSON.parse(body) : body);
    return message.replace(/\.$/, "");
  } catch {
    return `status ${code}`;
  }
}
