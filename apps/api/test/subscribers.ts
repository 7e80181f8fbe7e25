import * as http from "node:http";
import * as https from "node:https";

/** One that follows a run as a browser does: a cut connection is opened again from the last number it heard of. */
export interface Subscriber {
  /** number of the last event */
  last: () => number;
  /** events that did not follow the one before */
  gaps: () => number;
  connections: () => number;
  close: () => void;
}

const AGAIN_MS = 500;

export interface Following {
  url: string;
  key: string;
  runId: string;
  /** that the server's address is believed by, where it is an https one */
  certificate?: string | undefined;
  /** follows from behind this number on */
  after?: number;
  onEvent?: (sequence: number) => void;
}

/** Follows `runs.changes` of one run by server-sent events. */
export function subscribe({
  url,
  key,
  runId,
  certificate,
  after = 0,
  onEvent = () => undefined,
}: Following): Subscriber {
  let [last, gaps, connections, closed] = [after, 0, 0, false];
  let cut = (): void => undefined;
  const hear = (line: string): void => {
    const sequence = Number(/^id: (\d+)$/.exec(line)?.[1] ?? Number.NaN);
    if (Number.isNaN(sequence)) return;
    if (sequence !== last + 1) gaps += 1;
    last = sequence;
    onEvent(sequence);
  };
  const connect = (): void => {
    if (closed) return;
    const input = encodeURIComponent(JSON.stringify({ id: runId, lastEventId: last }));
    const { Agent, get } = url.startsWith("https:") ? https : http;
    const agent = new Agent({ keepAlive: false, ...(certificate === undefined ? {} : { ca: certificate }) });
    let over = false;
    const again = (): void => {
      if (over) return;
      over = true;
      setTimeout(connect, AGAIN_MS);
    };
    const headers = { authorization: `Bearer ${key}`, accept: "text/event-stream" };
    const request = get(`${url}/trpc/runs.changes?input=${input}`, { agent, headers }, (answer) => {
      if (answer.statusCode === 200) connections += 1;
      let rest = "";
      answer.setEncoding("utf8").on("data", (text: string) => {
        const lines = (rest + text).split("\n");
        rest = lines.pop()!;
        lines.forEach(hear);
      });
      answer.on("close", again).on("error", again);
    });
    request.on("error", again);
    cut = () => void request.destroy();
  };
  connect();
  return {
    last: () => last,
    gaps: () => gaps,
    connections: () => connections,
    close: () => {
      closed = true;
      cut();
    },
  };
}
