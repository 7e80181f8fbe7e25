import { Method, methodOf } from "@uniarm/core/schema";
import { createContext } from "react";

/** What answers beside the base: an ARM that steers it, or a policy, which is the model itself tuned and answers alone. */
export type Steerer = "ARM" | "policy";

export const SteeredBy = createContext<Steerer>("ARM");

/** What checkpoints of a method hold. */
export function steererOf(method: string | undefined): Steerer {
  const known = Method.safeParse(method);
  return known.success && methodOf(known.data).trains === "policy" ? "policy" : "ARM";
}
