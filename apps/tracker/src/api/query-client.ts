import { MutationCache, QueryClient } from "@tanstack/react-query";
import { toast } from "../components/toast.tsx";
import { isAway, sentenceOf, statusOf } from "./errors.ts";

const AGAIN_MS = 2000;

export const queryClient = new QueryClient({
  mutationCache: new MutationCache({
    onError: (error, _input, _before, { meta }) => {
      if (meta?.quiet !== true) toast.error(sentenceOf(error)); // quiet: the form itself says it
    },
  }),
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchOnWindowFocus: true,
      // a server that is away comes back; any other answer would be the same again
      retry: (_count, error) => isAway(error),
      retryDelay: AGAIN_MS,
      throwOnError: (error, query) => query.state.data === undefined && statusOf(error) !== null && !isAway(error),
      networkMode: "always", // the server may be this very machine
    },
    mutations: { networkMode: "always" },
  },
});
