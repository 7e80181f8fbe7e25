import type { AppRouter } from "@uniarm/api";
import { createTRPCClient, httpBatchLink, httpSubscriptionLink, splitLink } from "@trpc/client";
import { connection } from "./connection.ts";

/** The server refuses changes of a logged-in browser that lack it: another site's page cannot send it. */
export const REQUEST_HEADERS = { "x-uniarm-request": "1" };

/** Longer questions are asked one by one. */
const LONGEST_URL = 6000;

/** The server's procedures. Who asks is known by the http-only cookie; no key is kept in the page. */
export const api = createTRPCClient<AppRouter>({
  links: [
    splitLink({
      condition: ({ type }) => type === "subscription",
      true: httpSubscriptionLink({ url: "/trpc" }),
      false: httpBatchLink({
        url: "/trpc",
        headers: REQUEST_HEADERS,
        maxURLLength: LONGEST_URL,
        fetch: async (input, init) => {
          const answer = await fetch(input, init as RequestInit).catch((error: unknown) => {
            if (!(error instanceof DOMException && error.name === "AbortError")) connection.lost("requests");
            throw error;
          });
          connection.found("requests");
          return answer;
        },
      }),
    }),
  ],
});
