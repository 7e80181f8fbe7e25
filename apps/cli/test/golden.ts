import { fileURLToPath } from "node:url";

/** A folder of another package's golden data, which packages keep for tests alone. */
export const golden = (owner: "core" | "eval", path: string): string =>
  fileURLToPath(import.meta.resolve(`@uniarm/${owner}/golden/${path}`));
