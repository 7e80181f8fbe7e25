import { httpLink, httpSubscriptionLink, type TRPCLink } from "@trpc/client";
import { EventSource } from "eventsource";
import { byLength } from "./by-length.ts";
import type { AppRouter } from "./router.ts";

/** How requests are made. */
export interface Transport {
  /** of the procedures */
  url: string;
  headers: Readonly<Record<string, string>>;
  fetch: typeof globalThis.fetch;
}

/*
 * For Node; a bundle for pages takes transport-of-page.ts in the place of this file (`browser` in package.json).
 */

/** A request for each call: some of them wait for long. */
export const callLink = ({ url, headers, fetch }: Transport): TRPCLink<AppRouter> =>
  byLength({
    short: httpLink({ url, headers, fetch: fetch as never }),
    long: httpLink({ url, headers, fetch: fetch as never, methodOverride: "POST" }),
  });

export const streamLink = ({ url, headers, fetch }: Transport): TRPCLink<AppRouter> =>
  httpSubscriptionLink({
    url,
    EventSource,
    eventSourceOptions: {
      fetch: (address, init) => fetch(address, { ...init, headers: { ...init.headers, ...headers } }),
    },
  });
