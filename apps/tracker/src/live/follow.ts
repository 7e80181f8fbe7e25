import { connection } from "../api/connection.ts";
import type { LiveNews } from "../api/types.ts";
import { ownLink, sharedLink, type Link } from "./link.ts";
import type { Followed, HubSays, Mark, Topic } from "./messages.ts";

/** The hub may be a new one, or have taken this page for closed: it hears so often of what is followed. */
const AGAIN_MS = 20_000;
/** A shared hub that says nothing for so long is not there: the page then has one of its own. */
const PATIENCE_MS = 15_000;

type Following = Followed & { onNews: (news: LiveNews) => void };

const following = new Map<number, Following>();
let keys = 0;
let link: Link | null = null;
let patience: ReturnType<typeof setTimeout> | undefined;
let isDue = false;
let isLeft = false;

/** News of a topic from a mark on, each of them once and in order, while the page is shown; one that was hidden catches up. Returns what ends it. */
export function follow(topic: Topic, mark: Mark, onNews: (news: LiveNews) => void): () => void {
  const key = keys++;
  following.set(key, { key, topic, mark, onNews });
  start();
  soon();
  return () => {
    following.delete(key);
    soon();
  };
}

function hear(message: HubSays): void {
  clearTimeout(patience);
  patience = undefined;
  if (message.type === "state") {
    if (message.state === "live" || following.size === 0) connection.found("live");
    else connection.lost("live", message.state);
  } else if (message.type === "news") {
    const one = following.get(message.key);
    if (!one || message.news.type === "gone") return;
    if (one.mark !== null && message.news.mark !== null && message.news.mark <= one.mark) return;
    one.mark = message.news.mark;
    one.onNews(message.news);
  }
}

const isShown = (): boolean => document.visibilityState === "visible" && !isLeft;

function say(): void {
  isDue = false;
  const followed = isShown() ? [...following.values()].map(({ onNews: _, ...one }) => one) : [];
  if (followed.length === 0) connection.found("live");
  link?.say({ followed });
}

/** What a page follows changes several times in one moment. */
function soon(): void {
  if (isDue) return;
  isDue = true;
  queueMicrotask(say);
}

function start(): void {
  if (link) return;
  const useOwn = (): void => {
    clearTimeout(patience);
    shared.close();
    link = ownLink(hear);
    say();
  };
  const shared = sharedLink(hear, useOwn) ?? ownLink(hear);
  link = shared;
  patience = setTimeout(useOwn, PATIENCE_MS);
  setInterval(say, AGAIN_MS);
  document.addEventListener("visibilitychange", say);
  addEventListener("pagehide", () => {
    isLeft = true;
    say();
  });
  addEventListener("pageshow", () => {
    isLeft = false;
    say();
  });
}
