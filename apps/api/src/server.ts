import { existsSync } from "node:fs";
import { UniArmError } from "@uniarm/core/schema";
import { pingDatabase } from "@uniarm/db";
import { fastifyTRPCPlugin, type FastifyTRPCPluginOptions } from "@trpc/server/adapters/fastify";
import { TRPCError } from "@trpc/server";
import { getHTTPStatusCodeFromError } from "@trpc/server/http";
import Fastify, {
  LogController,
  type FastifyBaseLogger,
  type FastifyInstance,
  type FastifyReply,
  type FastifyRequest,
} from "fastify";
import { fastifyTRPCOpenApiPlugin, generateOpenApiDocument } from "trpc-to-openapi";
import type { Context, Services } from "./context.ts";
import { apiError, isUnavailable } from "./errors.ts";
import { AccessRefused, addAccess } from "./http/access.ts";
import { addBlobs } from "./http/blobs.ts";
import { addGenerate, GENERATE_PATH } from "./http/generate.ts";
import { addMetrics } from "./http/metrics.ts";
import { startGivingWay } from "./playground/give-way.ts";
import { addPages, isPage } from "./http/pages.ts";
import { addRunsCsv, RUNS_CSV_PATH } from "./http/runs-csv.ts";
import { appRouter, type AppRouter } from "./router.ts";

const BODY_BYTES = 16 * 2 ** 20;
const POLICY = [
  "default-src 'self'", // scripts and connections with it
  "img-src 'self' data: blob:",
  "style-src 'self' 'unsafe-inline'", // the pages' libraries make style elements; users' texts are never markup
  "object-src 'none'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
  "form-action 'self'",
].join("; ");

const REFUSALS = { 401: "UNAUTHORIZED", 403: "FORBIDDEN", 429: "TOO_MANY_REQUESTS" } as const;

export interface ServerOptions {
  services: Services;
  /** the tracker's built pages */
  pages?: string | undefined;
}

/** The whole HTTP server: tRPC below /trpc, the same procedures as REST below /api, blobs, login, metrics, pages. */
export async function createServer({ services, pages }: ServerOptions): Promise<FastifyInstance> {
  const logger: FastifyBaseLogger = services.log;
  const { basePath, publicUrl, trustedProxies } = services.settings.reach;
  const server = Fastify({
    loggerInstance: logger,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: BODY_BYTES,
    forceCloseConnections: true,
    requestIdHeader: false,
    genReqId: () => crypto.randomUUID(),
    ...(trustedProxies.length > 0 ? { trustProxy: trustedProxies } : {}),
    // a proxy may leave the base path in its requests or take it away
    rewriteUrl: ({ url = "/" }) =>
      basePath !== "" && url.startsWith(`${basePath}/`) ? url.slice(basePath.length) : url,
    routerOptions: { maxParamLength: 5000 },
    onProtoPoisoning: "error",
    onConstructorPoisoning: "error",
  });
  server.setErrorHandler(async (error, request, reply) => {
    const { status, code, message } = described(error);
    if (status >= 500 && !isUnavailable(error)) request.log.error({ err: error }, "request failed");
    sayWhenAgain(reply, error);
    return reply.code(status).send({ code, message });
  });
  server.addHook("onSend", async (_request, reply, payload) => {
    void reply.headers({
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
      "content-security-policy": POLICY,
      "x-frame-options": "DENY",
    });
    return payload;
  });
  server.addHook("onResponse", async (request, reply) => {
    const { method, routeOptions } = request;
    // without the query: filters and inputs are the users' own
    request.log.debug(
      {
        method,
        path: request.url.split("?")[0],
        route: routeOptions.url,
        status: reply.statusCode,
        ms: Math.round(reply.elapsedTime),
      },
      "request",
    );
  });

  server.addHook("preHandler", (request, _reply, done) => {
    if (isDeep(request.body)) {
      done(new UniArmError("input-depth", `The input is nested more than ${DEEPEST} levels deep.`));
      return;
    }
    request.raw.headers["content-type"] ??= "application/json"; // a call without a body need not name its type
    done();
  });
  const identify = await addAccess(server, services);
  await addBlobs(server, services, identify);
  addMetrics(server, services, identify);
  addRunsCsv(server, services, identify);
  const stopGivingWay = startGivingWay(services);
  server.addHook("onClose", (_, done) => {
    stopGivingWay();
    done();
  });
  addGenerate(server, services, identify);

  const createContext = async ({ req, res }: { req: FastifyRequest; res: FastifyReply }): Promise<Context> => {
    const caller = await identify(req).catch((error: unknown) => {
      sayWhenAgain(res, error);
      throw error instanceof AccessRefused
        ? new TRPCError({ code: REFUSALS[error.statusCode], message: error.message })
        : apiError(error);
    });
    return { ...services, caller };
  };
  const onError = ({ error, path, req }: { error: Error; path?: string | undefined; req: unknown }): void => {
    if (apiError(error).code === "INTERNAL_SERVER_ERROR")
      (req as FastifyRequest).log.error({ err: error.cause ?? error, path }, "procedure failed");
  };
  await server.register(fastifyTRPCPlugin, {
    prefix: "/trpc",
    trpcOptions: {
      router: appRouter,
      createContext,
      onError,
      allowMethodOverride: true, // a question that is too long for an address comes by POST
    } satisfies FastifyTRPCPluginOptions<AppRouter>["trpcOptions"],
  });
  await server.register(fastifyTRPCOpenApiPlugin, {
    basePath: "/api",
    router: appRouter,
    createContext,
    onError,
  } as never);

  const restUrl = `${publicUrl?.href.replace(/\/$/, "") ?? basePath}/api`;
  server.get("/api/openapi.json", () => openApiDocument(services.settings.version, restUrl));
  if (basePath !== "") server.get(basePath, async (_request, reply) => reply.redirect(`${basePath}/`, 308));
  server.get("/health", () => ({ ok: true }));
  server.get("/ready", async (_request, reply) => {
    try {
      await pingDatabase(services.db);
      return { ok: true };
    } catch {
      return reply.code(503).send({ ok: false, message: "The database cannot be reached." });
    }
  });
  const added = pages !== undefined && existsSync(pages) ? await addPages(server, pages) : null;
  server.setNotFoundHandler(async (request, reply) =>
    added && isPage(request) ? added.send(request, reply) : reply.code(404).send(notFound(request)),
  );
  return server;
}

const notFound = ({ method, url }: FastifyRequest): { code: string; message: string } => ({
  code: "NOT_FOUND",
  message: `There is no ${method} ${url.split("?")[0]}. The REST API is described by /api/openapi.json.`,
});

export function openApiDocument(version: string, baseUrl = "/api"): object {
  const document = generateOpenApiDocument(appRouter, {
    title: "UniARM",
    version,
    baseUrl,
    openApiVersion: "3.1.0",
    description: "Runs, metrics, checkpoints and Pareto fronts of multi-objective test-time alignment.",
    securitySchemes: { Authorization: { type: "http", scheme: "bearer" } },
  });
  return { ...document, paths: { ...document.paths, ...GENERATE_PATH, ...RUNS_CSV_PATH } }; // streams are none of its procedures
}

function sayWhenAgain(reply: FastifyReply, error: unknown): void {
  if (error instanceof AccessRefused && error.retryAfterSeconds !== null)
    void reply.header("retry-after", String(error.retryAfterSeconds));
}

function described(error: unknown): { status: number; code: string; message: string } {
  if (error instanceof AccessRefused) return { status: error.statusCode, code: "ACCESS", message: error.message };
  if (error instanceof UniArmError || isUnavailable(error)) {
    const known = apiError(error);
    return { status: getHTTPStatusCodeFromError(known), code: known.code, message: known.message };
  }
  const {
    statusCode = 500,
    message,
    code = "ERROR",
  } = error as { statusCode?: number; message: string; code?: string };
  return statusCode < 500
    ? { status: statusCode, code, message }
    : {
        status: 500,
        code: "INTERNAL_SERVER_ERROR",
        message: "This is a defect of the server; its log has the details.",
      };
}

const DEEPEST = 100;

/** Level by level: a recursive check would run out of stack. */
function isDeep(body: unknown): boolean {
  let level: unknown[] = [body];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > DEEPEST) return true;
    level = level.filter(isPlain).flatMap((value) => Object.values(value));
  }
  return false;
}

/** Whether it comes from JSON; the stream of an upload does not. */
function isPlain(value: unknown): value is Record<string, unknown> {
  if (typeof value !== "object" || value === null) return false;
  return Array.isArray(value) || Object.getPrototypeOf(value) === Object.prototype;
}
