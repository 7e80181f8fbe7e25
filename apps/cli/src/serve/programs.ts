import { fileURLToPath } from "node:url";

/** Where the program of another app lies; it is run as a process of its own. */
export const programOf = (name: "api" | "worker"): string => fileURLToPath(import.meta.resolve(`@uniarm/${name}/main`));
