/** Makes src/generated from prisma/schema.prisma where it is missing or older. Needs no network and none of Prisma's native engines. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

const root = join(import.meta.dirname, "..");
const stamp = join(root, "src/generated/.made-from");
const require = createRequire(import.meta.url);
const manifest = require.resolve("prisma/package.json");
const version = (JSON.parse(readFileSync(manifest, "utf8")) as { version: string }).version;
const madeFrom = createHash("sha256")
  .update(version)
  .update(readFileSync(join(root, "prisma/schema.prisma")))
  .digest("hex");

if (!existsSync(stamp) || readFileSync(stamp, "utf8") !== madeFrom) {
  const made = spawnSync(process.execPath, [join(dirname(manifest), "build/index.js"), "generate"], {
    cwd: root,
    encoding: "utf8",
    // any file that exists: the engine is not run, but without this it would be downloaded
    env: {
      ...process.env,
      PRISMA_SCHEMA_ENGINE_BINARY: process.execPath,
      CHECKPOINT_DISABLE: "1",
      PRISMA_HIDE_UPDATE_MESSAGE: "1",
    },
  });
  if (made.status !== 0) {
    process.stderr.write(`${made.stdout}${made.stderr}`);
    process.exit(made.status ?? 1);
  }
  writeFileSync(stamp, madeFrom);
}
