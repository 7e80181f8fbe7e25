import { z } from "zod";

/** Name of a metric; groups are separated by slashes: validation/loss. */
export const MetricKey = z.string().min(1).max(200);
