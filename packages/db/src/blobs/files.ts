import type { Prisma } from "../generated/client.ts";

/** The files of a checkpoint, an artifact or a dataset, by path. */
export const FILES = {
  orderBy: { path: "asc" },
  select: { path: true, sha256: true, size: true },
} as const satisfies Prisma.StoredFileFindManyArgs;
