import { join } from "node:path";
import type { ShippedScorerName } from "@uniarm/core/schema";

const ENDING = import.meta.filename.endsWith(".ts") ? ".ts" : ".js";

/** Where a program that ships lies: a module like one's own, run in the same way. */
export const shippedModule = (name: ShippedScorerName): string =>
  join(import.meta.dirname, "shipped", `${name}${ENDING}`);
