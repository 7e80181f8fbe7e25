const MOST_DELAY_MS = 60_000;

/**
 * What an endpoint asks to wait, in milliseconds: Retry-After in seconds, or as a date, which is read against the answer's own
 * Date. Null where it asks for nothing that can be read.
 */
export function retryAfterMs(headers: Headers): number | null {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^\d+(\.\d+)?$/.test(value)) return Math.ceil(1000 * Number(value));
  const wait = Date.parse(value) - Date.parse(headers.get("date") ?? "");
  return Number.isNaN(wait) ? null : Math.max(0, wait);
}

/** Doubled with each try, up to a minute, and spread between half and all of it, so that requests do not come back together. */
export const backoffMs = (firstMs: number, attempt: number, uniform: number): number =>
  Math.min(MOST_DELAY_MS, firstMs * 2 ** attempt) * (0.5 + uniform / 2);
