import { renameSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { build } from "vite";

/** Builds dist/, at once: whoever serves the old pages meanwhile never sees half of the new ones. */
const folder = import.meta.dirname;
const dist = join(folder, "dist");
process.env.NODE_ENV = "production"; // whoever starts this under "test" would otherwise be given React's slow development build
const made = join(folder, `node_modules/.build-${process.pid}`);
try {
  await build({
    configFile: join(folder, "vite.config.ts"),
    logLevel: process.argv.includes("--quiet") ? "error" : "info",
    build: { outDir: relative(folder, made), emptyOutDir: true },
  });
  rmSync(dist, { recursive: true, force: true });
  renameSync(made, dist);
} finally {
  rmSync(made, { recursive: true, force: true });
}
