import { httpBatchLink, httpSubscriptionLink, type TRPCLink } from "@trpc/client";
import type { AppRouter } from "./router.ts";
import type { Transport } from "./transport.ts";

/** Longer questions than this are asked one by one: servers limit the length of an address. */
const LONGEST_URL = 6000;

/** A page asks many things in the same moment: they become one request. */
export const callLink = ({ url, headers, fetch }: Transport): TRPCLink<AppRouter> =>
  httpBatchLink({ url, headers, fetch: fetch as never, maxURLLength: LONGEST_URL });

/** The page's own EventSource sends cookies, but no header and so no key. */
export const streamLink = ({ url }: Transport): TRPCLink<AppRouter> => httpSubscriptionLink({ url });
