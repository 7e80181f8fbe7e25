import fastifyStatic from "@fastify/static";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";

/** Names below it contain a hash of their content. */
const HASHED = "/assets/";
const OTHERS = /^\/(api|trpc|assets)(\/|$)/;

/** The tracker's built pages. Browsers keep hashed files for good, and ask for all others again. */
export async function addPages(server: FastifyInstance, folder: string): Promise<void> {
  await server.register(fastifyStatic, {
    root: folder,
    preCompressed: true,
    cacheControl: false,
    setHeaders: (reply, path) => {
      const kept = path.slice(folder.length).startsWith(HASHED);
      void reply.header("cache-control", kept ? "public, max-age=31536000, immutable" : "no-cache");
    },
  });
}

/** Whether a browser asks for a page: all of them are one file, which reads its address. */
export const isPage = ({ method, url, headers }: FastifyRequest): boolean =>
  (method === "GET" || method === "HEAD") && !OTHERS.test(url) && headers.accept?.includes("text/html") === true;

export const sendPage = (reply: FastifyReply): FastifyReply => reply.sendFile("index.html");
