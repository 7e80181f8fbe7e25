import type { Readable } from "node:stream";
import { Sha256, UniArmError } from "@uniarm/core/schema";
import { blobMissing, registerBlob } from "@uniarm/db";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import type { Services } from "../context.ts";
import { AccessRefused, type Identify } from "./access.ts";

const Range = /^bytes=(\d*)-(\d*)$/;
const FileName = z.string().regex(/^[A-Za-z0-9._-]{1,200}$/);

/** Bytes in and out: `PUT /api/blobs/SHA256` and `GET /api/blobs/SHA256`, with ranges. */
export async function addBlobs(
  server: FastifyInstance,
  { db, store, settings }: Services,
  identify: Identify,
): Promise<void> {
  await server.register((scope, _options, done) => {
    // all content is bytes here, and none is read before its sender is known
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser("*", (_request, payload, parsed) => parsed(null, payload));

    scope.put<{ Params: { sha256: string } }>(
      "/api/blobs/:sha256",
      { bodyLimit: Number.MAX_SAFE_INTEGER },
      async (request, reply) => {
        const caller = await identify(request);
        if (!caller?.scopes.some((one) => one !== "read"))
          throw new AccessRefused(caller ? 403 : 401, "Uploading needs a key with scope write.");
        const sha256 = hashOf(request.params.sha256);
        const length = request.headers["content-length"];
        const body = request.body as Readable;
        // a body that is refused halfway is read to its end: a connection cut in the middle would take the answer with it
        const source = body.iterator({ destroyOnReturn: false });
        const blob = await store
          .put(source, { sha256, ...(length === undefined ? {} : { size: Number(length) }) })
          .finally(() => body.resume());
        await registerBlob(db, blob);
        return reply.code(201).send(blob);
      },
    );

    scope.get<{ Params: { sha256: string }; Querystring: { name?: string; redirect?: string } }>(
      "/api/blobs/:sha256",
      async (request, reply) => {
        const caller = await identify(request);
        if (!caller) throw new AccessRefused(401, "A key is needed: send `Authorization: Bearer KEY`.");
        const sha256 = hashOf(request.params.sha256);
        const fileName = FileName.catch(sha256).parse(request.query.name);
        const size = await store.sizeOf(sha256);
        if (size === null) throw blobMissing(sha256);
        // a page may not read what another origin gives: it asks for the file from here
        const mayRedirect = settings.redirectsBlobs && request.query.redirect !== "false";
        if (mayRedirect && store.urlOf) return reply.redirect(await store.urlOf(sha256, fileName), 302);
        const range = rangeOf(request.headers.range, size);
        void reply.headers({
          "accept-ranges": "bytes",
          "content-type": "application/octet-stream",
          "x-content-type-options": "nosniff",
          "content-disposition": `attachment; filename="${fileName}"`,
          "cache-control": "private, max-age=31536000, immutable",
          etag: `"${sha256}"`,
        });
        if (range === null) return reply.header("content-length", size).send(await store.read(sha256));
        if (range === "unsatisfiable") return reply.code(416).header("content-range", `bytes */${size}`).send();
        return reply
          .code(206)
          .header("content-range", `bytes ${range.start}-${range.end}/${size}`)
          .header("content-length", range.end - range.start + 1)
          .send(await store.read(sha256, range));
      },
    );
    done();
  });
}

/** @throws UniArmError blob-name */
function hashOf(text: string): string {
  const parsed = Sha256.safeParse(text);
  if (!parsed.success) throw new UniArmError("blob-name", "A blob is named by its sha256: 64 hexadecimal digits.");
  return parsed.data;
}

/** The range of a request; null where there is none, or several, which a server may ignore. */
function rangeOf(header: string | undefined, size: number): { start: number; end: number } | "unsatisfiable" | null {
  const found = header === undefined ? null : Range.exec(header);
  if (!found) return null;
  const [, first = "", last = ""] = found;
  if (first === "" && last === "") return null;
  const start = first === "" ? Math.max(0, size - Number(last)) : Number(first);
  const end = first === "" || last === "" ? size - 1 : Math.min(Number(last), size - 1);
  return start > end || start >= size ? "unsatisfiable" : { start, end };
}
