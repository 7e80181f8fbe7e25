import { request as requestHttp } from "node:http";
import { request as requestHttps } from "node:https";
import { UniArmError } from "@uniarm/core/schema";
import type { Tried } from "@uniarm/db";
import { publicLookup, refusePrivateHost } from "./reachable-address.ts";

const PATIENCE_MS = 10_000;

/** Sends a body. A redirect is not followed: it could lead anywhere. What is answered is not read. */
export async function post(
  address: string,
  body: string,
  { headers, allowsPrivate }: { headers: Record<string, string>; allowsPrivate: boolean },
): Promise<Tried> {
  const url = new URL(address);
  try {
    if (!allowsPrivate) refusePrivateHost(url);
    const status = await new Promise<number>((done, failed) => {
      const asked = (url.protocol === "https:" ? requestHttps : requestHttp)(url, {
        method: "POST",
        headers: { ...headers, "content-length": Buffer.byteLength(body) },
        signal: AbortSignal.timeout(PATIENCE_MS),
        agent: false, // a connection is not used again: each one's address is looked at
        ...(allowsPrivate ? {} : { lookup: publicLookup }),
      });
      asked.on("error", failed);
      asked.on("response", (answer) => {
        answer.destroy();
        done(answer.statusCode!);
      });
      asked.end(body);
    });
    const problem = status >= 200 && status < 300 ? null : `it answered ${status}, expected 200 to 299`;
    return { status, problem };
  } catch (error) {
    return { status: null, problem: problemOf(error) };
  }
}

function problemOf(error: unknown): string {
  if (error instanceof UniArmError) return error.message;
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (name === "TimeoutError" || code === "ABORT_ERR" || name === "AbortError")
    return `it did not answer within ${PATIENCE_MS / 1000} s`;
  return `it could not be reached: ${code ?? message}`;
}
