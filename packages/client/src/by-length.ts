import type { TRPCLink } from "@trpc/client";
import { LIMITS } from "@uniarm/core/schema";
import type { AppRouter } from "./router.ts";

type Link = TRPCLink<AppRouter>;

/** Asks what is too long for an address in another way. */
export const byLength =
  ({ short, long }: { short: Link; long: Link }): Link =>
  (runtime) => {
    const links = { short: short(runtime), long: long(runtime) };
    return (asked) => links[isLong(asked.op.input) ? "long" : "short"](asked);
  };

/** The rest is for the address itself, and for others in the same request. */
const isLong = (input: unknown): boolean => encodeURIComponent(JSON.stringify(input ?? null)).length > LIMITS.url / 2;
