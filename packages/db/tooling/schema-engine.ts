/** Prisma's schema engine in WebAssembly: what the migrations make, compared with schema.prisma. For tooling and the drift test. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { bindMigrationAwareSqlAdapterFactory, ColumnTypeEnum } from "@prisma/driver-adapter-utils";
import { PrismaPg } from "@prisma/adapter-pg";
import pg from "pg";

const PRISMA = join(import.meta.dirname, "../prisma");
const CHAR = 18; // "char" of the catalogs, which the adapter refuses
const TEXT = 25;

/** A pool that reads "char" columns as text and remembers which they were. */
class CatalogPool extends pg.Pool {
  chars: number[] = [];

  override async query(...given: unknown[]): Promise<pg.QueryResult> {
    const result = await (super.query as unknown as (...all: unknown[]) => Promise<pg.QueryResult>)(...given);
    const fields = Array.isArray(result) ? [] : result.fields; // several statements, several results
    this.chars = fields.flatMap(({ dataTypeID }, index) => (dataTypeID === CHAR ? [index] : []));
    for (const index of this.chars) fields[index]!.dataTypeID = TEXT;
    return result;
  }
}

class CatalogFactory extends PrismaPg {
  readonly #url: URL;

  constructor(url: string) {
    super(settingsOf(new URL(url)));
    this.#url = new URL(url);
  }

  override async connect(): ReturnType<PrismaPg["connect"]> {
    return this.#open();
  }

  override async connectToShadowDb(): ReturnType<PrismaPg["connectToShadowDb"]> {
    const name = `prisma_migrate_shadow_db_${crypto.randomUUID()}`;
    await this.#admin(`CREATE DATABASE "${name}" TEMPLATE template0`);
    return this.#open(name, () => this.#admin(`DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`));
  }

  async #open(database?: string, after?: () => Promise<void>) {
    const pool = new CatalogPool(settingsOf(this.#url, database));
    const adapter = await new PrismaPg(pool, { disposeExternalPool: true }).connect();
    const queryRaw = adapter.queryRaw.bind(adapter);
    adapter.queryRaw = async (query) => {
      const result = await queryRaw(query);
      for (const index of pool.chars) result.columnTypes[index] = ColumnTypeEnum.Character;
      return result;
    };
    const dispose = adapter.dispose.bind(adapter);
    return Object.assign(adapter, {
      // whole, as one transaction: the adapter would split it at every ";", inside functions too
      executeScript: async (script: string) => {
        await pool.query(script);
      },
      dispose: async () => {
        await dispose();
        await after?.();
      },
    });
  }

  async #admin(statement: string): Promise<void> {
    const client = new pg.Client(settingsOf(this.#url));
    await client.connect();
    await client.query(statement).finally(() => client.end());
  }
}

/** Without a connection string: it would win over the database's name. */
function settingsOf(url: URL, database = url.pathname.slice(1)): pg.PoolConfig {
  return {
    host: url.hostname,
    port: Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
    database,
    max: 1,
  };
}

interface SchemaEngine {
  diff: (input: object) => Promise<{ exitCode: number; stdout?: string }>;
}

/** Node has it; its types come with the browser's only. */
const { WebAssembly: webAssembly } = globalThis as unknown as {
  WebAssembly: { instantiate: (bytes: Uint8Array, imports: object) => Promise<{ instance: { exports: object } }> };
};

async function openEngine(url: string): Promise<SchemaEngine> {
  const source = import.meta.resolve("@prisma/schema-engine-wasm/schema_engine_bg");
  const glue = (await import(source)) as {
    __wbg_set_wasm: (exports: object) => void;
    SchemaEngine: { new: (options: object, log: () => void, adapter: unknown) => Promise<SchemaEngine> };
  };
  const bytes = readFileSync(new URL("schema_engine_bg.wasm", source));
  const { instance } = await webAssembly.instantiate(bytes, { "./schema_engine_bg.js": glue });
  glue.__wbg_set_wasm(instance.exports);
  (instance.exports as { __wbindgen_start: () => void }).__wbindgen_start();
  Object.assign(globalThis, { PRISMA_WASM_PANIC_REGISTRY: { set_message: () => undefined } });
  return glue.SchemaEngine.new(
    { datamodels: [schemaFile()] },
    () => undefined,
    bindMigrationAwareSqlAdapterFactory(new CatalogFactory(url)),
  );
}

const schemaFile = (): [string, string] => [
  join(PRISMA, "schema.prisma"),
  readFileSync(join(PRISMA, "schema.prisma"), "utf8"),
];

/** SQL that leads from the committed migrations to schema.prisma; null when they agree. The server's user must be able to make databases. */
export async function pendingMigration(url: string): Promise<string | null> {
  const engine = await openEngine(url);
  const folder = join(PRISMA, "migrations");
  const names = readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  );
  const migrations = {
    baseDir: folder,
    shadowDbInitScript: "",
    lockfile: { path: "migration_lock.toml", content: 'provider = "postgresql"\n' },
    migrationDirectories: names.toSorted().map((path) => ({
      path,
      migrationFile: {
        path: "migration.sql",
        content: { tag: "ok", value: readFileSync(join(folder, path, "migration.sql"), "utf8") },
      },
    })),
  };
  const [path, content] = schemaFile();
  const { exitCode, stdout } = await engine.diff({
    from: { tag: "migrations", ...migrations },
    to: { tag: "schemaDatamodel", files: [{ path, content }] },
    script: true,
    shadowDatabaseUrl: null,
    exitCode: true,
    filters: { externalTables: [], externalEnums: [] },
  });
  return exitCode === 2 ? (stdout ?? "") : null;
}
