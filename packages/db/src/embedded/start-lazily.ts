import type { EmbeddedOptions, EmbeddedPostgres } from "./start.ts";

/** `startPostgres`, loaded when it is first called: the api, whose database is run by another process, starts without it. */
export const startPostgres = async (options: EmbeddedOptions): Promise<EmbeddedPostgres> =>
  (await import("./start.ts")).startPostgres(options);

/** The embedded PostgreSQL of a data folder: whether there is one, and where it answers if another process runs it. */
export const embeddedPostgres = async (folder: string): Promise<{ exists: boolean; url: string | null }> =>
  (await import("./running.ts")).embeddedPostgres(folder);
