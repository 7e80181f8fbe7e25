import { LIMITS } from "@uniarm/core/schema";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { LiveNews } from "../src/api/types.ts";
import { openHub, type Hub, type Port, type StreamHandlers } from "../src/live/hub.ts";
import type { Followed, HubSays, Mark, Topic } from "../src/live/messages.ts";

interface Stream extends StreamHandlers {
  topics: readonly (Topic & { mark: Mark })[];
  closed: boolean;
}

const GATHERED_MS = 100;

let streams: Stream[];
let hub: Hub;
beforeEach(() => {
  vi.useFakeTimers();
  streams = [];
  hub = openHub((topics, handlers) => {
    const stream: Stream = { ...handlers, topics, closed: false };
    streams.push(stream);
    return () => {
      stream.closed = true;
    };
  });
});
afterEach(() => {
  hub.close();
  vi.useRealTimers();
});

const open = (): Stream[] => streams.filter(({ closed }) => !closed);
const change = (sequence: number, topic = 0): LiveNews => ({
  type: "change",
  topic,
  mark: sequence,
  change: { sequence } as never,
});
const follows = (key: number, mark: Mark, topic: Topic = { run: "r" }): Followed => ({ key, topic, mark });
function newPage() {
  const heard: HubSays[] = [];
  const port: Port = { send: (message) => heard.push(message) };
  return {
    says: (...followed: Followed[]) => hub.hear(port, { followed }),
    numbers: (key = 1) => heard.flatMap((one) => (one.type === "news" && one.key === key ? [one.news.mark] : [])),
    state: () => heard.findLast((one) => one.type === "state")?.state,
  };
}

describe("one stream for all pages", () => {
  test("brings what any of them follows, once, from the oldest mark on", () => {
    const [one, other] = [newPage(), newPage()];
    one.says(follows(1, 5), follows(2, null, { project: "p" }));
    other.says(follows(1, 3));
    vi.advanceTimersByTime(GATHERED_MS);
    expect(open().map(({ topics }) => topics)).toEqual([
      [
        { run: "r", mark: 3 },
        { project: "p", mark: null },
      ],
    ]);
    for (const sequence of [4, 5, 6, 7]) open()[0]!.onNews(change(sequence));
    expect(one.numbers()).toEqual([6, 7]);
    expect(other.numbers()).toEqual([4, 5, 6, 7]);
  });

  test("loses nothing for a page that comes with an older mark while news arrive", () => {
    const [one, late] = [newPage(), newPage()];
    one.says(follows(1, 0));
    vi.advanceTimersByTime(GATHERED_MS);
    for (let sequence = 1; sequence <= 10; sequence++) open()[0]!.onNews(change(sequence));
    late.says(follows(1, 3));
    open()[0]!.onNews(change(11)); // before the stream is opened anew
    vi.advanceTimersByTime(GATHERED_MS);
    expect(open().map(({ topics }) => topics)).toEqual([[{ run: "r", mark: 3 }]]);
    for (let sequence = 4; sequence <= 12; sequence++) open()[0]!.onNews(change(sequence));
    expect(late.numbers()).toEqual([4, 5, 6, 7, 8, 9, 10, 11, 12]);
    expect(one.numbers()).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12]);
  });

  test("stays open where nothing more is wanted, and is closed when nobody follows", () => {
    const [one, other] = [newPage(), newPage()];
    one.says(follows(1, 0));
    vi.advanceTimersByTime(GATHERED_MS);
    open()[0]!.onNews(change(1));
    one.says(follows(1, 0)); // the same again, from before the news
    other.says(follows(7, 1));
    vi.advanceTimersByTime(GATHERED_MS);
    expect(streams.length).toBe(1);
    open()[0]!.onNews(change(2));
    expect([one.numbers(), other.numbers(7)]).toEqual([[1, 2], [2]]);
    one.says();
    other.says();
    vi.advanceTimersByTime(GATHERED_MS);
    expect(open()).toEqual([]);
  });

  test("says when it is away, and when more is followed than it brings", () => {
    const page = newPage();
    page.says(follows(1, 0));
    vi.advanceTimersByTime(GATHERED_MS);
    open()[0]!.onAway();
    expect(page.state()).toBe("away");
    open()[0]!.onOpen();
    expect(page.state()).toBe("live");
    page.says(...Array.from({ length: LIMITS.followed + 1 }, (_, key) => follows(key, 0, { run: `r${key}` })));
    vi.advanceTimersByTime(GATHERED_MS);
    expect(open()[0]!.topics.length).toBe(LIMITS.followed);
    open()[0]!.onOpen();
    expect(page.state()).toBe("crowded");
  });

  test("is missed when no connection comes, and asked for again when it is refused", () => {
    const page = newPage();
    page.says(follows(1, 0));
    vi.advanceTimersByTime(15_000);
    expect(page.state()).toBe("away");
    open()[0]!.onRefused();
    vi.advanceTimersByTime(10_000);
    expect(streams.length).toBe(2);
  });

  test("forgets pages that crashed", () => {
    const page = newPage();
    page.says(follows(1, 0));
    vi.advanceTimersByTime(200_000);
    expect(open()).toEqual([]);
  });
});
