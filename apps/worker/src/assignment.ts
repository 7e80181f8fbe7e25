import type { Api } from "@uniarm/client";

/** A run that the server gives this worker to carry out: its config and the files it needs. */
export type Assignment = NonNullable<Awaited<ReturnType<Api["work"]["claim"]["mutate"]>>>;
