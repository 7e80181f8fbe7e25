import { openClient } from "@uniarm/client";
import { BASE } from "./base.ts";
import { connection } from "./connection.ts";

/** The server refuses changes of a logged-in browser that lack it: another site's page cannot send it. */
export const REQUEST_HEADERS = { "x-uniarm-request": "1" };
/** A request that is not answered by then is told of. */
const PATIENCE_MS = 10_000;

let requests = 0;

/** The server that gave the page. Who asks is known by the http-only cookie; no key is kept in the page. */
export const server = openClient({
  url: BASE,
  headers: REQUEST_HEADERS,
  fetch: async (input, init) => {
    const who = `request ${requests++}`;
    const timer = setTimeout(() => connection.lost(who, "waiting"), PATIENCE_MS);
    try {
      const answer = await fetch(input, init);
      connection.found("requests");
      return answer;
    } catch (error) {
      if (!(error instanceof DOMException && error.name === "AbortError")) connection.lost("requests");
      throw error;
    } finally {
      clearTimeout(timer);
      connection.found(who);
    }
  },
});

/** Its procedures. */
export const { api } = server;
