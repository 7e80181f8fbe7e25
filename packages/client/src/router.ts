/** All that a server can be asked. Published with the types of every input and output written out: the server is no package. */
export type { AppRouter } from "@uniarm/api";
