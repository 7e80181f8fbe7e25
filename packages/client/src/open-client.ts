import { createTRPCClient, type TRPCClient, type TRPCLink } from "@trpc/client";
import type { AppRouter } from "./router.ts";
import { callLink, streamLink } from "./transport.ts";

export type Api = TRPCClient<AppRouter>;

export interface ClientOptions {
  /** address of the server, such as http://127.0.0.1:4747; empty in a page that the server gave */
  url: string;
  /** API key: sent in a header, never in an address */
  key?: string | undefined;
  /** sent with every request */
  headers?: Readonly<Record<string, string>>;
  /** makes all requests, except for the streams of a page */
  fetch?: typeof globalThis.fetch;
}

/** A server, and the right to ask it. */
export interface Client {
  /** without a slash at its end */
  url: string;
  headers: Readonly<Record<string, string>>;
  fetch: typeof globalThis.fetch;
  /** the server's procedures: `client.api.runs.get.query({ id })` */
  api: Api;
}

/** Opens no connection yet: whether the server is there is found out by the first call. */
export function openClient(options: ClientOptions): Client {
  const url = options.url.replace(/\/+$/, "");
  const { key, fetch = (...request) => globalThis.fetch(...request) } = options;
  const headers = { ...options.headers, ...(key === undefined ? {} : { authorization: `Bearer ${key}` }) };
  const procedures = { url: `${url}/trpc`, headers, fetch };
  const link: TRPCLink<AppRouter> = (runtime) => {
    const call = callLink(procedures)(runtime);
    const stream = streamLink(procedures)(runtime);
    return (asked) => (asked.op.type === "subscription" ? stream : call)(asked);
  };
  return { url, headers, fetch, api: createTRPCClient<AppRouter>({ links: [link] }) };
}
