import { openClient } from "@uniarm/client";
import { BASE } from "./base.ts";
import { connection } from "./connection.ts";

/** The server refuses changes of a logged-in browser that lack it: another site's page cannot send it. */
export const REQUEST_HEADERS = { "x-uniarm-request": "1" };

/** The server that gave the page. Who asks is known by the http-only cookie; no key is kept in the page. */
export const server = openClient({
  url: BASE,
  headers: REQUEST_HEADERS,
  fetch: async (input, init) => {
    const answer = await fetch(input, init).catch((error: unknown) => {
      if (!(error instanceof DOMException && error.name === "AbortError")) connection.lost("requests");
      throw error;
    });
    connection.found("requests");
    return answer;
  },
});

/** Its procedures. */
export const { api } = server;
