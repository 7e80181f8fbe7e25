import type { Outputs } from "../../api/types.ts";

export type Webhook = Outputs["webhooks"]["list"]["webhooks"][number];

/** "told when runs …" */
export const WORDS: Record<Webhook["events"][number], string> = {
  failed: "fail",
  stalled: "stall",
  succeeded: "succeed",
  cancelled: "are cancelled",
};
