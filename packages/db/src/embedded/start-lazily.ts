import type { EmbeddedOptions, EmbeddedPostgres } from "./start.ts";

/** `startPostgres`, loaded when it is first called: the api, whose database is run by another process, starts without it. */
export const startPostgres = async (options: EmbeddedOptions): Promise<EmbeddedPostgres> =>
  (await import("./start.ts")).startPostgres(options);
