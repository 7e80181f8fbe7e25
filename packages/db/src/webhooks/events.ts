/** What a project's webhooks can be told of. */
export const WEBHOOK_EVENTS = ["failed", "stalled", "succeeded", "cancelled"] as const;
export type WebhookEvent = (typeof WEBHOOK_EVENTS)[number];
