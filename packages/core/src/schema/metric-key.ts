import { z } from "zod";

/** Name of a metric; parts of a group are set apart by slashes: validation/loss. */
export const MetricKey = z.string().min(1).max(200);
