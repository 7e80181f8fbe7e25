import { readFileSync } from "node:fs";

/** 429: a key that is not valid was sent too often. */
const REFUSED = new Set([401, 429]);

/** Requests with the key that a file holds at the moment: the server may put another into it while this worker runs. */
export function withKeyOf(file: string): typeof fetch {
  const keyNow = (): string => readFileSync(file, "utf8").trim();
  return async (input, init) => {
    const send = async (key: string): Promise<Response> => {
      const headers = new Headers(init?.headers);
      headers.set("authorization", `Bearer ${key}`);
      return fetch(input, { ...init, headers });
    };
    const key = keyNow();
    const answer = await send(key);
    if (!REFUSED.has(answer.status) || keyNow() === key) return answer;
    await answer.body?.cancel(); // exchanged while the request was on its way
    // a stream cannot be sent twice: its sender has to begin anew
    return init?.body instanceof ReadableStream ? new Response(null, { status: 503 }) : send(keyNow());
  };
}
