import { namesOf, UniArmError } from "@uniarm/core/schema";
import type { Scope } from "@uniarm/db";
import { initTRPC, TRPCError } from "@trpc/server";
import type { OpenApiMeta } from "trpc-to-openapi";
import { z } from "zod";
import type { Context } from "./context.ts";
import { apiError } from "./errors.ts";

/** What every procedure declares: who may call it, and its place in the REST API. */
export interface Meta extends OpenApiMeta {
  /** "public": anybody */
  scope?: Scope | "public";
}

const t = initTRPC
  .context<Context>()
  .meta<Meta>()
  .create({
    sse: { ping: { enabled: true, intervalMs: 2000 }, client: { reconnectAfterInactivityMs: 6000 } },
    errorFormatter: ({ shape, error }) => ({
      ...shape,
      data: {
        code: shape.data.code,
        httpStatus: shape.data.httpStatus,
        path: shape.data.path,
        uniarmCode: error.cause instanceof UniArmError ? error.cause.code : null,
        issues:
          error.cause instanceof z.ZodError
            ? error.cause.issues.map(({ path, message }) => ({ path: path.map(String), message }))
            : null,
      },
    }),
  });

export const router = t.router;

/** A scope that includes the one asked for. */
const INCLUDES: Record<Scope, Scope[]> = {
  read: ["read", "write", "admin"],
  write: ["write", "admin"],
  admin: ["admin"],
};

const guarded = t.procedure.use(async ({ ctx, meta, next }) => {
  const scope = meta?.scope;
  if (scope === undefined)
    throw new TRPCError({ code: "FORBIDDEN", message: "This procedure declares no scope: nobody may call it." });
  if (scope !== "public") {
    if (!ctx.caller)
      throw new TRPCError({
        code: "UNAUTHORIZED",
        message:
          "A key is needed: send `Authorization: Bearer KEY`. Make one on a machine that has one: uniarm keys create",
      });
    const { scopes } = ctx.caller;
    if (!INCLUDES[scope].some((one) => scopes.includes(one)))
      throw new TRPCError({
        code: "FORBIDDEN",
        message: `The key "${ctx.caller.name}" has the scopes ${scopes.join(", ")}; this needs ${scope}. Use another key: uniarm keys create --scope ${scope}`,
      });
  }
  const result = await next();
  if (!result.ok) throw apiError(result.error);
  return result;
});

type Method = NonNullable<OpenApiMeta["openapi"]>["method"];

/** A procedure with its scope, and its REST form where it has one: `at("read", "GET /runs/{id}", "What it does")`. */
export function at(scope: Scope | "public", rest: `${Method} /${string}` | null, summary: string) {
  const [method, path] = (rest?.split(" ") ?? []) as [Method, `/${string}`];
  return guarded.meta({
    scope,
    ...(rest ? { openapi: { method, path, summary, protect: scope !== "public", tags: [path.split("/")[1]!] } } : {}),
  });
}

/** An output whose type is known; its JSON is described by the procedure's summary. */
export const gives = <T>(): z.ZodType<T> => z.unknown() as unknown as z.ZodType<T>;

/** A project by name or id. */
export const Project = z.string().max(100);
export const ProjectOrDefault = Project.default("default");

/** A yes or no in a URL. */
export const Flag = z.enum(["true", "false"]).default("false");

/** Items of a list in a URL, with commas between them; one that has a comma stands in quotes. @throws UniArmError list-length, list-quotes */
export function listed(text: string, most: number): string[] {
  const items = namesOf(text);
  if (!items)
    throw new UniArmError(
      "list-quotes",
      `A quote is not closed in the list ${text}. A quote inside of one is \\" there.`,
    );
  if (items.length === 0 || items.length > most)
    throw new UniArmError("list-length", `Expected 1 to ${most} items with commas between them, not ${items.length}.`);
  return items;
}
