import { createHash } from "node:crypto";
import {
  databaseIdentity,
  findCaller,
  findSession,
  SESSION_SECONDS,
  startSession,
  endSession,
  type Caller,
} from "@uniarm/db";
import cookie from "@fastify/cookie";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Services } from "../context.ts";
import { isOwnOrigin } from "./own-origin.ts";
import { failureLimit } from "./failure-limit.ts";

/** A page of another site may not set this header: a browser would ask this server first, which never allows it. */
const CSRF_HEADER = "x-uniarm-request";
const LOCAL: Caller = { keyId: "", name: "local", scopes: ["read", "write", "admin"] };

const NOT_VALID =
  "The key is not valid: it is mistyped, expired or revoked. Ask for another, or make one: uniarm keys create";
const TOO_MANY = (seconds: number): string =>
  `The key is not valid, and too many wrong keys came from this address. Stop the program that sends them, or try again in ${seconds} s; a valid key works at once.`;

export class AccessRefused extends Error {
  readonly statusCode: 401 | 403 | 429;
  readonly retryAfterSeconds: number | null;

  constructor(statusCode: 401 | 403 | 429, message: string, retryAfterSeconds: number | null = null) {
    super(message);
    this.statusCode = statusCode;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** Who sends a request, by its key or by the cookie of a login; null: nobody that is known. @throws AccessRefused for a key or a request that is not accepted */
export type Identify = (request: FastifyRequest) => Promise<Caller | null>;

export async function addAccess(server: FastifyInstance, services: Services): Promise<Identify> {
  const { db, settings } = services;
  const { publicUrl } = settings.reach;
  const identity = await databaseIdentity(db);
  /** Of this platform alone: browsers give the cookies of a host to all of its ports and paths. Several servers behind one address have one. */
  const cookieOf = ({ socket }: FastifyRequest): string => {
    const place = publicUrl?.host ?? socket.localPort;
    return `uniarm_session_${createHash("sha256").update(`${identity} ${place}`).digest("hex").slice(0, 8)}`;
  };
  const failures = failureLimit({ mostOfKey: 10, mostOfAddress: 30, windowMs: 60_000 });
  await server.register(cookie);

  const identify: Identify = async (request) => {
    const isChange = request.method !== "GET" && request.method !== "HEAD";
    if (settings.noAuth) {
      if (isChange && !isOwnOrigin(request, publicUrl)) throw foreign(request);
      return LOCAL;
    }
    const { authorization = "" } = request.headers;
    // other schemes are a proxy's own: it may ask for a password and pass it on
    if (/^bearer\b/i.test(authorization)) {
      const secret = /^bearer (\S{1,200})$/i.exec(authorization)?.[1];
      const caller = secret === undefined ? null : await findCaller(db, secret);
      if (caller) return caller;
      throw refusal(request, secret);
    }
    const token = request.cookies[cookieOf(request)];
    if (!token) return null;
    const caller = await findSession(db, token);
    if (caller && isChange) refuseForeign(request);
    return caller;
  };

  /** Counted after the check: a valid key is never kept waiting by the wrong ones of others. */
  const refusal = ({ ip }: FastifyRequest, secret = ""): AccessRefused => {
    const waitMs = failures.add(ip, secret);
    return waitMs > 0
      ? new AccessRefused(429, TOO_MANY(Math.ceil(waitMs / 1000)), Math.ceil(waitMs / 1000))
      : new AccessRefused(401, NOT_VALID);
  };

  server.post("/api/login", async (request, reply) => {
    refuseForeign(request);
    const body = z.object({ key: z.string().min(1).max(200) }).safeParse(request.body);
    const session = body.success ? await startSession(db, body.data.key) : null;
    if (!session) throw refusal(request, body.data?.key);
    void reply.setCookie(cookieOf(request), session.token, {
      path: "/",
      httpOnly: true,
      sameSite: "strict",
      secure: isSecure(request, publicUrl),
      maxAge: SESSION_SECONDS,
    });
    return { name: session.caller.name, scopes: session.caller.scopes };
  });

  server.post("/api/logout", async (request, reply) => {
    refuseForeign(request);
    const token = request.cookies[cookieOf(request)];
    if (token) await endSession(db, token);
    void reply.clearCookie(cookieOf(request), { path: "/" });
    return {};
  });
  /** Requests that another site makes a browser send have neither this server's header nor its origin. */
  const refuseForeign = (request: FastifyRequest): void => {
    if (!isOwnOrigin(request, publicUrl)) throw foreign(request);
    if (request.headers[CSRF_HEADER] === undefined)
      throw new AccessRefused(
        403,
        `Changes from a browser need the header ${CSRF_HEADER}, and must come from a page of this server.`,
      );
  };
  return identify;
}

const foreign = ({ headers, host }: FastifyRequest): AccessRefused =>
  new AccessRefused(
    403,
    `The page was given by ${headers.origin ?? "another site"}, and this server was asked as ${host}: changes must come from a page of this server. If a proxy stands between them, start with --public-url ${headers.origin ?? "URL"}, or name the proxy with --trust-proxy.`,
  );

/** Whether the browser speaks https, at least to the proxy before this server: it says so itself. */
function isSecure({ headers, protocol }: FastifyRequest, publicUrl: URL | null): boolean {
  const { origin } = headers;
  if (origin !== undefined && origin !== "null") return origin.startsWith("https:");
  return protocol === "https" || publicUrl?.protocol === "https:";
}
