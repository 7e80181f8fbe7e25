import { Readable } from "node:stream";
import { GenerateChunk, GenerateInput, UniArmError } from "@uniarm/core/schema";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Context, Services } from "../context.ts";
import { generate } from "../playground/generate.ts";
import { AccessRefused, type Identify } from "./access.ts";

const PING_MS = 15_000;

/** `POST /api/generate`: responses token by token, as server-sent events for any HTTP client. */
export function addGenerate(server: FastifyInstance, services: Services, identify: Identify): void {
  server.post("/api/generate", async (request, reply) => {
    const caller = await identify(request);
    if (!caller?.scopes.some((scope) => scope !== "read"))
      throw new AccessRefused(caller ? 403 : 401, "Generating needs a key with scope write.");
    const context: Context = { ...services, caller };
    const gone = new AbortController();
    reply.raw.on("close", () => gone.abort());
    const chunks = generate(context, inputOf(request.body), gone.signal);
    const first = await chunks.next(); // a refusal is not a stream
    return reply
      .headers({
        "content-type": "text/event-stream",
        "cache-control": "no-cache, no-transform",
        "x-accel-buffering": "no",
      })
      .send(Readable.from(eventsOf(first, chunks), { objectMode: false, highWaterMark: 16_384 }));
  });
}

async function* eventsOf(
  first: IteratorResult<GenerateChunk, void>,
  rest: AsyncGenerator<GenerateChunk, void>,
): AsyncGenerator<string> {
  const event = (chunk: GenerateChunk): string => `event: ${chunk.type}\ndata: ${JSON.stringify(chunk)}\n\n`;
  if (first.done) return;
  try {
    yield event(first.value);
    for (let next = rest.next(); ;) {
      const found = await soonerThan(PING_MS, next);
      if (found === null) {
        yield ": waiting\n\n"; // a comment: proxies take silence for the end
        continue;
      }
      if (found.done) return;
      yield event(found.value);
      next = rest.next();
    }
  } finally {
    await rest.return();
  }
}

/** What a promise resolves to, or null when that takes longer. */
async function soonerThan<T>(ms: number, promise: Promise<T>): Promise<T | null> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<null>((done) => {
    timer = setTimeout(() => done(null), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** @throws UniArmError input-invalid */
function inputOf(body: unknown): GenerateInput {
  const parsed = GenerateInput.safeParse(body);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".") || "body"}: ${message}`);
  throw new UniArmError("input-invalid", `The request does not fit: ${problems.join("; ")}. See /api/openapi.json.`);
}

/** How the OpenAPI document describes it. */
export const GENERATE_PATH = {
  "/generate": {
    post: {
      operationId: "generate",
      summary: "Responses token by token, one a preference vector",
      description:
        "Server-sent events, each with one chunk of JSON as data: status (what it waits for), token, end (one a row), error. A client that closes the connection cancels its rows.",
      tags: ["generate"],
      security: [{ Authorization: [] }],
      requestBody: {
        required: true,
        content: { "application/json": { schema: z.toJSONSchema(GenerateInput, { io: "input" }) } },
      },
      responses: {
        200: {
          description: "A stream of chunks",
          content: { "text/event-stream": { schema: z.toJSONSchema(GenerateChunk) } },
        },
      },
    },
  },
};
