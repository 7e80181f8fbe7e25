import { readFile } from "node:fs/promises";
import { join } from "node:path";
import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Names below it contain a hash of their content. */
const HASHED = "/assets/";
const OTHERS = /^\/(api|trpc|assets)(\/|$)/;

export interface Pages {
  /** All pages are one file, which reads its address. */
  send: (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply>;
}

/** The tracker's built pages. Browsers keep hashed files for good, and ask for all others again. */
export async function addPages(server: FastifyInstance, folder: string): Promise<Pages> {
  await server.register(fastifyStatic, {
    root: folder,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const kept = path.slice(folder.length).startsWith(HASHED);
      void reply.header("cache-control", kept ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
  const send: Pages["send"] = async (request, reply) => {
    const page = await readFile(join(folder, "index.html"), "utf8"); // built anew, perhaps
    return reply
      .headers({ "cache-control": "no-cache", "content-type": "text/html; charset=utf-8" })
      .send(page.replaceAll(/ (src|href)="\.\//g, ` $1="${wayUp(request.url)}`));
  };
  return { send };
}

/** From a page to the folder of all pages: whatever a proxy put before its address is not known here. */
function wayUp(url: string): string {
  const path = url.split("?")[0]!;
  return "../".repeat(path.split("/").length - 2) || "./";
}

/** Whether a browser asks for a page. */
export const isPage = ({ method, url, headers }: FastifyRequest): boolean =>
  (method === "GET" || method === "HEAD") && !OTHERS.test(url) && headers.accept?.includes("text/html") === true;
