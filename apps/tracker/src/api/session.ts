import { BASE } from "./base.ts";
import { REQUEST_HEADERS } from "./client.ts";
import { queryClient } from "./query-client.ts";

async function post(path: string, body: unknown): Promise<void> {
  const answer = await fetch(`${BASE}${path}`, {
    method: "POST",
    headers: { ...REQUEST_HEADERS, "content-type": "application/json" },
    body: JSON.stringify(body),
  });
  if (!answer.ok) {
    const said = (await answer.json().catch(() => null)) as { message?: string } | null;
    throw new Error(said?.message ?? `The server answered ${answer.status}.`);
  }
}

/** The key goes to the server once and comes back as a cookie that no script can read. */
export async function logIn(key: string): Promise<void> {
  await post("/api/login", { key });
  queryClient.clear();
}

export async function logOut(): Promise<void> {
  await post("/api/logout", {});
  queryClient.clear();
}
