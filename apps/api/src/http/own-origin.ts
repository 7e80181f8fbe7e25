import type { FastifyRequest } from "fastify";

/**
 * Whether a request comes from a page of this server. Browsers say so themselves where the page is safe from others (https,
 * this machine); else the page's origin has to be the host that was asked, or the public one: proxies change the first.
 */
export function isOwnOrigin({ headers, host }: FastifyRequest, publicUrl: URL | null): boolean {
  const { origin, "sec-fetch-site": site } = headers;
  if (site !== undefined) return site === "same-origin" || site === "none";
  if (origin === undefined || origin === "null") return true;
  if (!URL.canParse(origin)) return false;
  const page = new URL(origin);
  return page.origin === publicUrl?.origin || isHost(page, host);
}

/** Whether a page's origin is a host of requests, whose default port may be written out, or left out by a proxy. */
function isHost(page: URL, host: string): boolean {
  const asked = `${page.protocol}//${host}`;
  if (!URL.canParse(asked)) return false;
  const isBare = !/:\d+$/.test(host);
  return isBare ? new URL(asked).hostname === page.hostname : new URL(asked).host === page.host;
}
