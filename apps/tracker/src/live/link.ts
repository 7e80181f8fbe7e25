import { server } from "../api/client.ts";
import { openHub } from "./hub.ts";
import type { HubSays, PageSays } from "./messages.ts";
import { streamsOf } from "./open-stream.ts";

/** A way to a hub. */
export interface Link {
  say: (message: PageSays) => void;
  close: () => void;
}

/** The hub that all pages of this browser share; null where browsers have no shared workers. */
export function sharedLink(onHear: (message: HubSays) => void, onBroken: () => void): Link | null {
  if (typeof SharedWorker === "undefined") return null;
  const address = new URL(server.url || "/", document.baseURI).href;
  const worker = new SharedWorker(new URL("./worker.ts", import.meta.url), { type: "module", name: address });
  worker.onerror = onBroken;
  worker.port.onmessage = ({ data }: MessageEvent<HubSays>) => onHear(data);
  return {
    say: (message) => worker.port.postMessage(message),
    close: () => worker.port.close(),
  };
}

/** A hub of this page alone. */
export function ownLink(onHear: (message: HubSays) => void): Link {
  const hub = openHub(streamsOf(server.api));
  const page = { send: onHear };
  return { say: (message) => hub.hear(page, message), close: hub.close };
}
