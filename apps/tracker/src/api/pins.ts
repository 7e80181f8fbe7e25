import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { api } from "./client.ts";
import { queries } from "./queries.ts";

/** Metrics of a project that are shown before all others. */
export interface Pins {
  pinned: readonly string[];
  pin: (key: string, on: boolean) => void;
}

const NONE: readonly string[] = [];

/** @param project its name or id */
export function usePins(project: string): Pins {
  const client = useQueryClient();
  const { data } = useQuery(queries.projects());
  const { mutate } = useMutation({
    mutationFn: ({ key, on }: { key: string; on: boolean }) =>
      api.projects.update.mutate({ project, ...(on ? { pinMetrics: [key] } : { unpinMetrics: [key] }) }),
    onSettled: () => client.invalidateQueries({ queryKey: ["projects"] }),
  });
  return {
    pinned: data?.projects.find(({ name, id }) => name === project || id === project)?.pinnedMetrics ?? NONE,
    pin: (key, on) => mutate({ key, on }),
  };
}
