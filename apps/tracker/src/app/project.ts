import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { queries } from "../api/queries.ts";

/** The project that the URL names. It is created with its first run: until then there is nothing to ask about it. */
export function useProject(): { project: string; exists: boolean; isPending: boolean } {
  const { project } = useSearch({ from: "__root__" });
  const { data, isPending } = useQuery(queries.projects());
  return {
    project,
    isPending,
    exists: data?.projects.some(({ name, id }) => name === project || id === project) ?? false,
  };
}
