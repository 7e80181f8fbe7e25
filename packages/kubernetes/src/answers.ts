import { z } from "zod";

/*
 * What is read of Kubernetes' answers; they hold much more. A list gives each object without what is not set.
 */

const Time = z.coerce.date();

const Condition = z.object({
  type: z.string(),
  status: z.string(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
});
export type Condition = z.infer<typeof Condition>;

const Metadata = z.object({
  name: z.string(),
  creationTimestamp: Time,
  deletionTimestamp: Time.nullish(),
  labels: z.record(z.string(), z.string()).default({}),
  annotations: z.record(z.string(), z.string()).default({}),
});

export const JobAnswer = z.object({
  metadata: Metadata,
  spec: z.object({ suspend: z.boolean().nullish(), completions: z.int() }),
  status: z
    .object({
      conditions: z.array(Condition).nullish(),
      /** indexes as in 0,3-5 */
      completedIndexes: z.string().nullish(),
      failedIndexes: z.string().nullish(),
    })
    .default({}),
});
export type JobAnswer = z.infer<typeof JobAnswer>;

const Waiting = z.object({ reason: z.string().nullish(), message: z.string().nullish() });
const Terminated = z.object({
  exitCode: z.int(),
  signal: z.int().nullish(),
  reason: z.string().nullish(),
  message: z.string().nullish(),
});

export const PodAnswer = z.object({
  metadata: Metadata,
  status: z.object({
    phase: z.string().nullish(),
    reason: z.string().nullish(),
    message: z.string().nullish(),
    conditions: z.array(Condition).nullish(),
    containerStatuses: z
      .array(
        z.object({
          state: z.object({ waiting: Waiting.nullish(), terminated: Terminated.nullish() }).nullish(),
        }),
      )
      .nullish(),
  }),
});
export type PodAnswer = z.infer<typeof PodAnswer>;
