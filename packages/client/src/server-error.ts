import { TRPCClientError } from "@trpc/client";
import type { AppRouter } from "./router.ts";

/** What a server says of a call that it refused. */
const dataOf = (error: unknown): TRPCClientError<AppRouter>["data"] =>
  error instanceof TRPCClientError ? (error as TRPCClientError<AppRouter>).data : null;

/** Whether it is a call that no server answered. */
export const hasNoAnswer = (error: unknown): boolean => error instanceof TRPCClientError && !dataOf(error);

/** The stable code of a refusal, where there is one. */
export const codeOf = (error: unknown): string | null => dataOf(error)?.uniarmCode ?? null;

/** The HTTP status of a refusal; null of any other error. */
export const statusOf = (error: unknown): number | null => dataOf(error)?.httpStatus ?? null;

/** Whether the same request may succeed later: the server is starting, or overloaded. */
export const isPassingStatus = (status: number): boolean => status === 408 || status === 429 || status >= 500;

const TOO_LARGE = 413;
/** The server itself says how much it takes. */
const PROXY_LIMIT =
  "A proxy before the server takes no file of this size (413). Raise its limit: client_max_body_size 0 in nginx; see docs/reverse-proxy.md.";

/** What a server says of a request outside of its procedures. */
export async function refusalOf(answer: Response): Promise<{ code: string; message: string }> {
  const said = (await answer.json().catch(() => null)) as { code?: string; message?: string } | null;
  return {
    code: (said?.code ?? "refused").toLowerCase(),
    message:
      said?.message ??
      (answer.status === TOO_LARGE ? PROXY_LIMIT : answer.statusText || `The server answered ${answer.status}.`),
  };
}
