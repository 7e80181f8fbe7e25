import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A request that a fake server was sent. */
export interface Heard {
  method: string;
  path: string;
  headers: IncomingMessage["headers"];
  body: Buffer;
}

export interface FakeServer {
  url: string;
  heard: Heard[];
  close: () => Promise<void>;
}

/** An HTTP server that answers as the test says. */
export async function fakeServer(answer: (heard: Heard, response: ServerResponse) => void): Promise<FakeServer> {
  const heard: Heard[] = [];
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on("data", (part: Buffer) => parts.push(part));
    request.on("end", () => {
      const one = {
        method: request.method!,
        path: request.url!,
        headers: request.headers,
        body: Buffer.concat(parts),
      };
      heard.push(one);
      answer(one, response);
    });
  });
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    heard,
    close: async () => {
      server.closeAllConnections();
      await new Promise((done) => server.close(done));
    },
  };
}

export function sendJson(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
}

/** As tRPC refuses a call. */
export const refusal = (httpStatus: number, message: string, uniarmCode: string | null = null): object => ({
  error: { message, code: -32600, data: { code: "BAD_REQUEST", httpStatus, path: "", uniarmCode, issues: null } },
});
