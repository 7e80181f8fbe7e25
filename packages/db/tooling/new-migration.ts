/** `pnpm --filter @uniarm/db migration NAME`: writes the SQL from the committed migrations to schema.prisma, to be read and completed. */
import { chmodSync, mkdtempSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startPostgres } from "../src/embedded/start.ts";
import { pendingMigration } from "./schema-engine.ts";

const name = process.argv[2];
if (!name || !/^[a-z][a-z0-9_]*$/.test(name)) {
  process.stderr.write(
    "a migration's name is lower-case letters, digits and _: pnpm --filter @uniarm/db migration add_something\n",
  );
  process.exit(2);
}
const folder = mkdtempSync(join(tmpdir(), "uniarm-migration-"));
chmodSync(folder, 0o755); // the system user postgres works in it
const postgres = await startPostgres({ folder });
try {
  const sql = await pendingMigration(postgres.url);
  if (sql === null) process.stdout.write("schema.prisma and the migrations agree: nothing to do\n");
  else {
    const stamp = new Date().toISOString().replaceAll(/[-:T]/g, "").slice(0, 14);
    const target = join(import.meta.dirname, "../prisma/migrations", `${stamp}_${name}`);
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, "migration.sql"), sql);
    process.stdout.write(`${join(target, "migration.sql")}\n`);
  }
} finally {
  await postgres.stop();
  rmSync(folder, { recursive: true, force: true });
}
