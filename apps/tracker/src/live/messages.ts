import type { LiveNews } from "../api/types.ts";

export type Topic = { run: string } | { project: string };

/** The last news that are known: of a run their number, of a project their time; null: from now on. */
export type Mark = LiveNews["mark"];

/** What a page follows, under a number of its own. */
export interface Followed {
  key: number;
  topic: Topic;
  mark: Mark;
}

/** A page says all that it follows whenever that changes, and now and then: nothing but the last word counts. */
export interface PageSays {
  followed: readonly Followed[];
}

export type LiveState =
  | "live"
  /** the server does not answer */
  | "away"
  /** others were here first: a stream has a limit */
  | "crowded";

export type HubSays =
  { type: "heard" } | { type: "state"; state: LiveState } | { type: "news"; key: number; news: LiveNews };
