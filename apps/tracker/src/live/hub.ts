import { LIMITS } from "@uniarm/core/schema";
import type { LiveNews } from "../api/types.ts";
import type { Followed, HubSays, LiveState, Mark, PageSays, Topic } from "./messages.ts";

export interface Port {
  send: (message: HubSays) => void;
}

export interface StreamHandlers {
  onOpen: () => void;
  onNews: (news: LiveNews) => void;
  onAway: () => void;
  /** the server refused, and the stream is over */
  onRefused: () => void;
}
/** Opens a stream of all these topics; it reconnects by itself. Returns what closes it. */
export type OpenStream = (topics: readonly (Topic & { mark: Mark })[], handlers: StreamHandlers) => () => void;

export interface Hub {
  hear: (port: Port, said: PageSays) => void;
  close: () => void;
}

/** Pages that open together become one stream. */
const GATHER_MS = 30;
/** No connection by then is one that is missed. */
const PATIENCE_MS = 10_000;
const AGAIN_MS = 5000;
/** A page that crashed says no more. */
const SILENT_MS = 90_000;

interface Page {
  followed: Map<number, Followed>;
  heardAt: number;
}
interface Wanted {
  topic: Topic;
  mark: Mark;
}

const nameOf = (topic: Topic): string => ("run" in topic ? `run ${topic.run}` : `project ${topic.project}`);
/** Marks of one topic are of one type, and times of one form. */
const isBehind = (mark: Mark, other: Mark): boolean => mark === null || (other !== null && mark < other);

/** One stream for all pages: the topics that any of them follows, each from the oldest mark on. News go to whoever has not had them. */
export function openHub(openStream: OpenStream): Hub {
  const pages = new Map<Port, Page>();
  let state: LiveState = "live";
  /** what the open stream brings, and how far it is */
  let streamed = new Map<string, Wanted>();
  let closeStream: (() => void) | null = null;
  const timers: Partial<Record<"gather" | "patience" | "again", ReturnType<typeof setTimeout>>> = {};

  const wanted = (): Map<string, Wanted> => {
    const found = new Map<string, Wanted>();
    for (const { followed } of pages.values())
      for (const { topic, mark } of followed.values()) {
        const known = found.get(nameOf(topic));
        if (!known) found.set(nameOf(topic), { topic, mark });
        else if (known.mark === null || (mark !== null && mark < known.mark)) known.mark = mark ?? known.mark;
      }
    return found;
  };
  const tell = (next: LiveState): void => {
    if (next === state) return;
    state = next;
    for (const port of pages.keys()) port.send({ type: "state", state });
  };
  const close = (): void => {
    clearTimeout(timers.patience);
    clearTimeout(timers.again);
    closeStream?.();
    closeStream = null;
  };
  const onNews = (news: LiveNews): void => {
    const source = [...streamed.values()][news.topic];
    if (!source) return;
    const { mark: before } = source;
    source.mark = news.mark;
    const name = nameOf(source.topic);
    for (const [port, { followed }] of pages)
      for (const one of followed.values()) {
        if (nameOf(one.topic) !== name) continue;
        // whoever came with an older mark hears what lies between first, from the stream that is opened next
        const isNext = one.mark === null || (before !== null && !isBehind(one.mark, before));
        if (news.type !== "gone" && !(isNext && isBehind(one.mark, news.mark))) continue;
        one.mark = news.mark;
        port.send({ type: "news", key: one.key, news });
      }
  };
  const reopen = (): void => {
    close();
    const all = [...wanted()];
    streamed = new Map(all.slice(0, LIMITS.followed));
    if (streamed.size === 0) return tell("live");
    const live: LiveState = all.length > LIMITS.followed ? "crowded" : "live";
    timers.patience = setTimeout(() => tell("away"), PATIENCE_MS);
    const found = (): void => {
      clearTimeout(timers.patience);
      tell(live);
    };
    closeStream = openStream(
      [...streamed.values()].map(({ topic, mark }) => ({ ...topic, mark })),
      {
        onOpen: found,
        onNews,
        onAway: () => tell("away"),
        onRefused: () => {
          timers.again = setTimeout(reopen, AGAIN_MS);
        },
      },
    );
  };
  /** Whether the stream brings all that is wanted, and nothing else. */
  const isEnough = (): boolean => {
    const all = [...wanted()].slice(0, LIMITS.followed);
    return (
      all.length === streamed.size &&
      all.every(([name, { mark }]) => {
        const known = streamed.get(name);
        return known !== undefined && (mark === null || (known.mark !== null && !isBehind(mark, known.mark)));
      })
    );
  };
  const review = (): void => {
    timers.gather = undefined;
    if (!isEnough()) reopen();
  };

  const sweep = setInterval(() => {
    for (const [port, { heardAt }] of pages) if (Date.now() - heardAt > SILENT_MS) pages.delete(port);
    review();
  }, SILENT_MS);

  return {
    hear: (port, { followed }) => {
      const before = pages.get(port)?.followed;
      // what it follows already is further than it knows: news are on their way to it
      const now = new Map(followed.map((one) => [one.key, before?.get(one.key) ?? { ...one }]));
      if (now.size > 0) pages.set(port, { followed: now, heardAt: Date.now() });
      else pages.delete(port);
      port.send({ type: "heard" });
      port.send({ type: "state", state });
      for (const one of now.values()) {
        const known = streamed.get(nameOf(one.topic))?.mark;
        if (one.mark !== null || known == null) continue;
        one.mark = known; // from now on: it hears when that is
        port.send({ type: "news", key: one.key, news: { topic: 0, mark: known, type: "runs", ids: [] } });
      }
      timers.gather ??= setTimeout(review, GATHER_MS);
    },
    close: () => {
      clearInterval(sweep);
      clearTimeout(timers.gather);
      pages.clear();
      close();
    },
  };
}
