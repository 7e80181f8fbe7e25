import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";

/** A request to a chat endpoint, as it came. */
export interface ChatRequest {
  path: string;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
  /** the text of its first message */
  question: string;
}

/** What a chat endpoint sends back; null: nothing, and the connection stays open. */
export type ChatReply = { status?: number; headers?: Record<string, string>; body: unknown } | null;

export interface ChatEndpoint {
  /** its base address, to which /chat/completions is added */
  url: string;
  /** every request so far */
  requests: ChatRequest[];
  close: () => Promise<void>;
}

/** An endpoint in the form of OpenAI's on this machine, which answers as a script says; `index` counts requests from 0. */
export async function openChatEndpoint(
  script: (request: ChatRequest, index: number) => ChatReply | Promise<ChatReply>,
): Promise<ChatEndpoint> {
  const requests: ChatRequest[] = [];
  const server = createServer((incoming, outgoing) => {
    let text = "";
    incoming.on("data", (part: Buffer) => (text += part.toString()));
    incoming.on("end", () => {
      const body = (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>;
      const [message] = (body.messages ?? []) as { content: string }[];
      const request = { path: incoming.url ?? "", headers: incoming.headers, body, question: message?.content ?? "" };
      const index = requests.push(request) - 1;
      void Promise.resolve(script(request, index)).then((reply) => {
        if (!reply) return;
        const { status = 200, headers = {}, body: sent } = reply;
        outgoing.writeHead(status, headers);
        outgoing.end(typeof sent === "string" ? sent : JSON.stringify(sent));
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    requests,
    close: () =>
      new Promise((resolve) => {
        server.close(() => {
          resolve();
        });
        server.closeAllConnections(); // hung ones too
      }),
  };
}

/** The body of a completion that says `content`. */
export const chatCompletion = (
  content: string | null,
  usage: { prompt_tokens: number; completion_tokens: number } | null = { prompt_tokens: 100, completion_tokens: 10 },
): Record<string, unknown> => ({
  model: "judge-of-tests",
  choices: [{ index: 0, message: { role: "assistant", content }, finish_reason: "stop" }],
  ...(usage ? { usage } : {}),
});
