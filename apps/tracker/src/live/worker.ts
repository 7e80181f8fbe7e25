import { openClient } from "@uniarm/client";
import { openHub, type Port } from "./hub.ts";
import type { PageSays } from "./messages.ts";
import { streamsOf } from "./open-stream.ts";

/** Runs once in a browser, for all its pages of a server: its name is the server's address. */
const scope = globalThis as unknown as { name: string; onconnect: (event: MessageEvent) => void };
const hub = openHub(streamsOf(openClient({ url: scope.name }).api));

scope.onconnect = ({ ports: [port] }) => {
  if (!port) return;
  const page: Port = { send: (message) => port.postMessage(message) };
  port.onmessage = ({ data }: MessageEvent<PageSays>) => hub.hear(page, data);
};
