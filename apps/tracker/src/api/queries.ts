import { JudgeReport, MethodComparison, textOfNames } from "@uniarm/core/schema";
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api } from "./client.ts";
import { readBlob } from "./read-blob.ts";
import { DoctorReport } from "./doctor.ts";
import type { Inputs } from "./types.ts";

/** Dates in filters are the reader's. */
/** of the reader: what dates in filters are meant in */
export const ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;
type Kind = Inputs["system"]["schema"]["kind"];
const AUDIT_PAGE = 100;

/** What pages ask the server, each with its key: `useQuery(queries.run(id))`. Keys begin with what changes together. */
export const queries = {
  /** null: nobody is logged in */
  me: () =>
    queryOptions({
      queryKey: ["me"],
      queryFn: async () => (await api.system.session.query({})).caller,
      staleTime: 60_000,
      retry: false,
    }),
  version: () =>
    queryOptions({ queryKey: ["version"], queryFn: () => api.system.version.query({}), staleTime: Infinity }),
  doctor: () =>
    queryOptions({
      queryKey: ["doctor"],
      queryFn: async () => DoctorReport.parse(await api.system.doctor.query({})),
      refetchInterval: 15_000,
    }),
  workers: () =>
    queryOptions({ queryKey: ["workers"], queryFn: () => api.system.workers.query({}), refetchInterval: 5000 }),
  templates: () =>
    queryOptions({ queryKey: ["templates"], queryFn: () => api.system.templates.query({}), staleTime: Infinity }),
  schema: (kind: Kind) =>
    queryOptions({
      queryKey: ["schema", kind],
      queryFn: () => api.system.schema.query({ kind }),
      staleTime: Infinity,
    }),
  projects: () => queryOptions({ queryKey: ["projects"], queryFn: () => api.projects.list.query({}) }),
  groups: (project: string) =>
    queryOptions({ queryKey: ["groups", project], queryFn: () => api.groups.list.query({ project }) }),

  launchEstimate: (input: Inputs["runs"]["estimate"]) =>
    queryOptions({
      queryKey: ["runs", "estimate", input],
      queryFn: () => api.runs.estimate.mutate(input), // a config is too long for a URL
      staleTime: 60_000,
    }),
  runs: (input: Inputs["runs"]["list"]) =>
    queryOptions({ queryKey: ["runs", "page", input], queryFn: () => api.runs.list.query({ ...input, zone: ZONE }) }),
  runPages: (input: Omit<Inputs["runs"]["list"], "cursor">) =>
    infiniteQueryOptions({
      queryKey: ["runs", "pages", input],
      queryFn: ({ pageParam, signal }) =>
        api.runs.list.query({ ...input, zone: ZONE, ...(pageParam === null ? {} : { cursor: pageParam }) }, { signal }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
      placeholderData: keepPreviousData,
    }),
  webhooks: (project: string) =>
    queryOptions({
      queryKey: ["webhooks", project],
      queryFn: async () => (await api.webhooks.list.query({ project })).webhooks,
    }),
  deliveries: (webhook: string) =>
    queryOptions({
      queryKey: ["webhooks", "deliveries", webhook],
      queryFn: async () => (await api.webhooks.deliveries.query({ id: webhook })).deliveries,
      refetchInterval: 5000,
    }),
  views: (project: string) =>
    queryOptions({ queryKey: ["views", project], queryFn: () => api.views.list.query({ project }) }),
  filterWords: (project: string) =>
    queryOptions({
      queryKey: ["runs", "filter-words", project],
      queryFn: () => api.runs.filterWords.query({ project }),
      throwOnError: false, // without it nothing is offered
    }),
  run: (id: string) =>
    queryOptions({
      queryKey: ["run", id],
      queryFn: () => api.runs.get.query({ id }),
      // workers come and go without an event of a run that waits for one
      refetchInterval: ({ state }) => (state.data?.state === "QUEUED" ? 5000 : false),
    }),
  comparedRuns: (ids: readonly string[]) =>
    queryOptions({
      queryKey: ["runs", "compared", ids],
      queryFn: async () => (await api.compare.runs.query({ ids: ids.join(",") })).runs,
      placeholderData: keepPreviousData,
    }),
  deletion: (ids: string[]) =>
    queryOptions({ queryKey: ["deletion", ids], queryFn: () => api.runs.deletionOf.query({ ids }), staleTime: 0 }),
  trash: (project: string) =>
    queryOptions({ queryKey: ["runs", "trash", project], queryFn: () => api.runs.trash.query({ project }) }),
  checkpoints: (id: string) =>
    queryOptions({ queryKey: ["run", id, "checkpoints"], queryFn: () => api.checkpoints.list.query({ id }) }),
  artifacts: (id: string) =>
    queryOptions({ queryKey: ["run", id, "artifacts"], queryFn: () => api.artifacts.list.query({ id }) }),
  /** what the run compared; null where it has no such file */
  methodComparison: (id: string) =>
    queryOptions({
      queryKey: ["run", id, "method-comparison"],
      queryFn: async ({ signal }) => {
        const content = await artifactOf(id, "methods", signal);
        return content === null ? null : MethodComparison.parse(content);
      },
    }),
  /** what a judge said of the run's answers; null where it has no such file */
  judgeReport: (id: string) =>
    queryOptions({
      queryKey: ["run", id, "judge-report"],
      queryFn: async ({ signal }) => {
        const content = await artifactOf(id, "judged", signal);
        return content === null ? null : JudgeReport.parse(content);
      },
    }),
  evaluations: (id: string) =>
    queryOptions({ queryKey: ["run", id, "evaluations"], queryFn: () => api.evaluations.list.query({ id }) }),

  /** a list that is too long for an address */
  selection: (id: string) =>
    queryOptions({
      queryKey: ["selection", id],
      queryFn: async () => (await api.selections.get.query({ id })).items,
      staleTime: Infinity,
      gcTime: Infinity,
    }),
  metricNames: (runs: readonly string[]) =>
    queryOptions({
      queryKey: ["metric-keys", runs],
      queryFn: () => api.metrics.names.query({ runs: runs.join(",") }),
      placeholderData: keepPreviousData,
    }),
  metricSummaries: (runs: readonly string[], keys: readonly string[]) =>
    queryOptions({
      queryKey: ["metric-keys", runs, keys],
      queryFn: async () => {
        const limit = runs.length * keys.length;
        return (await api.metrics.keys.query({ runs: runs.join(","), keys: textOfNames(keys), limit })).series;
      },
      placeholderData: keepPreviousData,
    }),
  history: ({ runs, keys, ...rest }: { runs: readonly string[]; keys: readonly string[] } & HistoryRange) =>
    queryOptions({
      queryKey: ["history", runs, keys, rest],
      queryFn: ({ signal }) =>
        api.metrics.history.query({ runs: runs.join(","), keys: textOfNames(keys), ...rest }, { signal }),
      placeholderData: keepPreviousData,
    }),

  frontChoices: (project: string) =>
    queryOptions({ queryKey: ["fronts", "choices", project], queryFn: () => api.fronts.choices.query({ project }) }),
  fronts: (input: Omit<Inputs["fronts"]["list"], "cursor">) =>
    infiniteQueryOptions({
      queryKey: ["fronts", "pages", input],
      queryFn: ({ pageParam }) => api.fronts.list.query({ ...input, ...(pageParam ? { cursor: pageParam } : {}) }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
    }),
  recentFronts: (project: string, limit: number) =>
    queryOptions({
      queryKey: ["fronts", "recent", project, limit],
      queryFn: () => api.fronts.list.query({ project, limit }),
    }),
  front: (id: string) =>
    queryOptions({ queryKey: ["front", id], queryFn: () => api.fronts.get.query({ id }), staleTime: Infinity }),
  compareFronts: (ids: readonly string[]) =>
    queryOptions({
      queryKey: ["fronts", "compare", ids],
      queryFn: () => api.fronts.compare.query({ ids: ids.join(",") }),
      staleTime: Infinity,
    }),

  /** null where the protocol is not one whose best is known */
  optimum: (front: string) =>
    queryOptions({
      queryKey: ["front", front, "optimum"],
      queryFn: async () => (await api.fronts.optimum.query({ id: front })).optimum,
      staleTime: Infinity,
    }),
  overSteps: (front: string) =>
    queryOptions({
      queryKey: ["front", front, "over-steps"],
      queryFn: () => api.fronts.overSteps.query({ id: front }),
    }),
  answers: (front: string, position: number) =>
    infiniteQueryOptions({
      queryKey: ["front", front, "answers", position],
      queryFn: ({ pageParam, signal }) =>
        api.fronts.answers.query({ id: front, position, ...(pageParam ? { cursor: pageParam } : {}) }, { signal }),
      initialPageParam: null as string | null,
      getNextPageParam: ({ nextCursor }) => nextCursor,
      staleTime: Infinity,
      throwOnError: false, // said where the answers would stand
    }),

  arms: (project: string) =>
    queryOptions({ queryKey: ["arms", project], queryFn: () => api.arms.list.query({ project }) }),
  arm: (id: string) =>
    queryOptions({
      queryKey: ["arm", id],
      queryFn: () => api.arms.get.query({ id }),
      staleTime: Infinity,
      throwOnError: false, // said beside its choice
    }),
  tinyWorldPrompts: () =>
    queryOptions({
      queryKey: ["tiny-world", "prompts"],
      queryFn: async () => (await api.tinyWorld.prompts.query({})).prompts,
      staleTime: Infinity,
    }),
  judge: (input: Inputs["tinyWorld"]["judge"]) =>
    queryOptions({
      queryKey: ["tiny-world", "judge", input],
      queryFn: async ({ signal }) => (await api.tinyWorld.judge.query(input, { signal })).judgement,
      staleTime: Infinity,
      placeholderData: keepPreviousData,
    }),

  audit: () =>
    infiniteQueryOptions({
      queryKey: ["audit"],
      queryFn: ({ pageParam }) =>
        api.system.audit.query({ limit: AUDIT_PAGE, ...(pageParam === null ? {} : { before: pageParam }) }),
      initialPageParam: null as number | null,
      getNextPageParam: ({ entries }) => (entries.length < AUDIT_PAGE ? null : (entries.at(-1)?.id ?? null)),
    }),
  keys: () => queryOptions({ queryKey: ["keys"], queryFn: () => api.keys.list.query({}) }),
  models: () => queryOptions({ queryKey: ["models"], queryFn: () => api.models.list.query({}) }),
  datasets: (project: string) =>
    queryOptions({ queryKey: ["datasets", project], queryFn: () => api.datasets.list.query({ project }) }),
};

interface HistoryRange {
  fromStep?: number | undefined;
  toStep?: number | undefined;
  points?: number | undefined;
  method?: "buckets" | "lttb" | undefined;
  times?: "true" | undefined;
}

/** The first file of a run's artifact, as JSON; null where there is none. */
async function artifactOf(id: string, artifact: string, signal: AbortSignal): Promise<unknown> {
  const { artifacts } = await api.artifacts.list.query({ id }, { signal });
  const file = artifacts.find(({ name }) => name === artifact)?.files[0];
  if (!file) return null;
  return JSON.parse(new TextDecoder().decode(await readBlob(file.sha256, { signal })));
}
