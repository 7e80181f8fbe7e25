import { fileURLToPath } from "node:url";

/** Where the program of an app lies. */
export const programOf = (app: "api" | "cli"): string => fileURLToPath(import.meta.resolve(`@uniarm/${app}/main`));
