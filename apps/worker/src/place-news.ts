import { persistently, type Client } from "@uniarm/client";
import type { JobPlace } from "./launcher/launcher.ts";

/** What the server takes: a cluster's own words on why no node takes a job may be longer. */
const MOST_CHARACTERS = 1000;

/**
 * Tells the server where an attempt's job is: one place after the other, each until it is heard, so that the newest is what stays.
 * A refusal says that the attempt is over.
 */
export function placeNews({ api }: Client, attemptId: string, signal: AbortSignal): (place: JobPlace) => void {
  let newest: JobPlace;
  let told: Promise<unknown> = Promise.resolve();
  return (place) => {
    newest = place;
    const waits = place.waits.slice(0, MOST_CHARACTERS);
    const say = (): Promise<unknown> => api.work.started.mutate({ attemptId, ...place, waits });
    told = told.then(() => (place === newest ? persistently(say, signal) : undefined)).catch(() => undefined);
  };
}
