import type { ConformanceCase } from "../case.ts";
import { choiceCases } from "./choices.ts";
import { elementwiseCases } from "./elementwise.ts";
import { fusedCases } from "./fused/index.ts";
import { gatherCases } from "./gather.ts";
import { movementCases } from "./movement.ts";
import { productCases } from "./products.ts";
import { reductionCases } from "./reductions.ts";

/** All that engines are asked. */
export const cases: readonly ConformanceCase[] = [
  ...elementwiseCases,
  ...productCases,
  ...movementCases,
  ...gatherCases,
  ...reductionCases,
  ...choiceCases,
  ...fusedCases,
];
