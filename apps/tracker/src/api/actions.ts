import { useMutation, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { toast } from "../components/toast.tsx";
import { api } from "./client.ts";
import { queries } from "./queries.ts";
import type { Inputs, Run } from "./types.ts";

export const invalidateRuns = async (client: QueryClient): Promise<void> => {
  await Promise.all(
    [["runs"], ["run"], ["projects"], ["workers"], ["doctor"]].map((queryKey) =>
      client.invalidateQueries({ queryKey }),
    ),
  );
};

/** Launches and goes to the page of the new run. */
export function useLaunch() {
  const client = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (input: Inputs["runs"]["launch"]) => api.runs.launch.mutate(input),
    onSuccess: async ({ id }) => {
      void invalidateRuns(client);
      await navigate({ to: "/runs/$id", params: { id } });
    },
  });
}

const DONE = {
  cancel: "It is asked to stop; it saves a checkpoint first.",
  resume: "It goes on from its last checkpoint when a worker takes it.",
  retry: "It starts over when a worker takes it.",
} as const;
export type RunAction = keyof typeof DONE;

/** Cancel, resume, retry of one run. What is asked shows at once, and is taken back when the server refuses. */
export function useRunAction(id: string) {
  const client = useQueryClient();
  const { queryKey } = queries.run(id);
  return useMutation({
    mutationFn: (action: RunAction) => api.runs[action].mutate({ id }),
    onMutate: async (action) => {
      await client.cancelQueries({ queryKey, exact: true });
      const before = client.getQueryData<Run>(queryKey);
      client.setQueryData<Run>(
        queryKey,
        (run) => run && { ...run, desiredState: action === "cancel" ? ("CANCEL" as const) : ("RUN" as const) },
      );
      return { before };
    },
    onError: (_error, _action, saved) => client.setQueryData(queryKey, saved?.before),
    onSuccess: (_answer, action) => toast.done(DONE[action]),
    onSettled: () => invalidateRuns(client),
  });
}

/** Name, notes, tags, archived; shown at once, taken back when refused. */
export function useUpdateRun(id: string) {
  const client = useQueryClient();
  const { queryKey } = queries.run(id);
  return useMutation({
    mutationFn: (changes: Omit<Inputs["runs"]["update"], "id">) => api.runs.update.mutate({ id, ...changes }),
    onMutate: async ({ name, notes, addTags = [], removeTags = [] }) => {
      await client.cancelQueries({ queryKey, exact: true });
      const before = client.getQueryData<Run>(queryKey);
      client.setQueryData<Run>(
        queryKey,
        (run) =>
          run && {
            ...run,
            name: name ?? run.name,
            notes: notes ?? run.notes,
            tags: [...new Set([...run.tags, ...addTags])].filter((tag) => !removeTags.includes(tag)),
          },
      );
      return { before };
    },
    onError: (_error, _changes, saved) => client.setQueryData(queryKey, saved?.before),
    onSettled: () => invalidateRuns(client),
  });
}
