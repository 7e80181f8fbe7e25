import { httpBatchLink, httpLink, httpSubscriptionLink, type TRPCLink } from "@trpc/client";
import { LIMITS } from "@uniarm/core/schema";
import { byLength } from "./by-length.ts";
import type { AppRouter } from "./router.ts";
import type { Transport } from "./transport.ts";

/** A page asks many things in the same moment: they become one request. Questions that together are too long for an address are asked one by one. */
export const callLink = ({ url, headers, fetch }: Transport): TRPCLink<AppRouter> =>
  byLength({
    short: httpBatchLink({ url, headers, fetch: fetch as never, maxURLLength: LIMITS.url }),
    long: httpLink({ url, headers, fetch: fetch as never, methodOverride: "POST" }),
  });

/** The page's own EventSource sends cookies, but no header and so no key. */
export const streamLink = ({ url }: Transport): TRPCLink<AppRouter> => httpSubscriptionLink({ url });
