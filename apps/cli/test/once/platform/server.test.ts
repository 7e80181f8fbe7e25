import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { chmod, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, test } from "vitest";
import { startPlatform, temporaryFolder, untilRun } from "./platform.ts";
import { MAIN, uniarm } from "./uniarm.ts";

describe("a server", () => {
  test("that is killed with everything it started comes back with all of it", async () => {
    const folder = await temporaryFolder();
    const first = await startPlatform({ folder, flags: ["--lease", "3"] });
    const { id } = await first.call<{ id: string }>("POST", "/api/runs", {
      kind: "sleep",
      config: { steps: 100, stepMs: 50 },
    });
    await untilRun(first, id, ({ checkpoints }) => checkpoints.length >= 1);
    first.process.kill("SIGKILL"); // Postgres is left over; server and worker end by themselves
    const second = await startPlatform({ folder, flags: ["--lease", "3"] });
    expect(second.errors()).toContain("took over the PostgreSQL that was left running");
    const run = await untilRun(second, id);
    expect(run.state).toBe("SUCCEEDED");
    expect(run.attempts.length).toBeGreaterThan(1);
    expect(second.adminKey).toBeNull(); // shown once
    expect(await second.stop()).toBe(0);
    await second.remove();
  });

  test("takes its database from nowhere but its own settings, and says which it uses", async () => {
    const elsewhere = "postgresql://them:secret@127.0.0.1:1/theirs";
    const shell = { DATABASE_URL: elsewhere, PGSSLMODE: "require", PGHOST: "127.0.0.2", PGOPTIONS: "-c search_path=x" };
    const platform = await startPlatform({ flags: ["--no-worker"], environment: shell });
    expect(platform.errors()).toContain("DATABASE_URL is not read: the embedded PostgreSQL is used");
    expect(platform.errors()).not.toContain("secret");
    const { id } = await platform.call<{ id: string }>("POST", "/api/runs", { kind: "sleep" });
    expect(await platform.call("GET", `/api/runs/${id}`)).toMatchObject({ id });
    // another server may be told of this one's database, and no third program's tables are touched
    const port = (await readFile(join(platform.folder, "postgres-port"), "utf8")).trim();
    const password = (await readFile(join(platform.folder, "postgres-password"), "utf8")).trim();
    const folder = await temporaryFolder();
    const database = `postgresql://uniarm:${password}@127.0.0.1:${port}/postgres?schema=theirs`;
    const refused = uniarm("", ["serve", "--data", folder, "--port", "0", "--database", database]);
    expect(refused.err).toContain("The database's URL names a schema");
    expect(refused.err).not.toContain(password);
    await platform.stop();
    await platform.remove();
    await rm(folder, { recursive: true });
  });

  test("is refused a data folder that another one uses", async () => {
    const first = await startPlatform({ flags: ["--no-worker"] });
    const { code, err } = uniarm("", ["serve", "--data", first.folder, "--port", "0"]);
    expect(code).toBe(2);
    expect(err).toContain(`Another \`uniarm serve\` works with the data folder ${first.folder}`);
    await first.stop();
    await first.remove();
  });

  test("says that its port is taken, and which one to try", async () => {
    const taken = createServer().listen(0, "127.0.0.1");
    await new Promise((done) => taken.on("listening", done));
    const { port } = taken.address() as AddressInfo;
    const folder = await temporaryFolder();
    const { code, err } = uniarm("", ["serve", "--data", folder, "--port", String(port)]);
    expect(code).toBe(2);
    expect(err).toContain(`Port ${port} of 127.0.0.1 is taken`);
    expect(err).toContain(`uniarm serve --port ${port + 1}`);
    taken.close();
    await rm(folder, { recursive: true });
  });

  test.each([
    ["postgresql://nobody:x@127.0.0.1:1/none", "PostgreSQL cannot be reached at postgresql://nobody@127.0.0.1:1/none"],
    ["mysql://them:x@127.0.0.1/theirs", "begins with mysql://, and UniARM works with PostgreSQL alone: postgresql://"],
    ["not a url", "Correct UNIARM_DATABASE_URL|correct UNIARM_DATABASE_URL"],
  ])("says what is wrong with UNIARM_DATABASE_URL %s, without its password", async (url, sentence) => {
    const folder = await temporaryFolder();
    const { code, err } = uniarm("", ["serve", "--data", folder, "--port", "0"], { UNIARM_DATABASE_URL: url });
    expect(code).toBe(2);
    expect(err).toMatch(new RegExp(sentence.replaceAll(/[/.]/g, String.raw`\$&`)));
    expect(err).not.toContain(":x@");
    await rm(folder, { recursive: true });
  });

  test.skipIf(process.platform !== "linux")("says so when its server ends before it is ready", async () => {
    const folder = await temporaryFolder();
    const serve = spawn(process.execPath, [MAIN, "serve", "--data", folder, "--port", "0"], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    let said = "";
    serve.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
    const ended = once(serve, "close");
    const childOf = (pid: number): number | undefined => {
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ").filter(Boolean);
      return children
        .map(Number)
        .find((child) => readFileSync(`/proc/${child}/cmdline`, "utf8").includes("api/src/main.ts"));
    };
    let server: number | undefined;
    while ((server = childOf(serve.pid!)) === undefined) await sleep(5);
    process.kill(server, "SIGKILL");
    const [code] = (await ended) as [number];
    expect(said).toContain("The server ended (SIGKILL) before it was ready");
    expect(code).toBe(2);
    await rm(folder, { recursive: true, force: true });
  });

  test("listens for everybody only with keys", () => {
    const { code, err } = uniarm("", ["serve", "--host", "0.0.0.0", "--no-auth"]);
    expect(code).toBe(2);
    expect(err).toContain("Leave out --no-auth");
  });

  test("says that its data folder cannot be written", async () => {
    const folder = await temporaryFolder();
    await writeFile(join(folder, "file"), "");
    const { code, err } = uniarm("", ["serve", "--data", join(folder, "file/data"), "--port", "0"]);
    expect(code).toBe(2);
    expect(err).toContain("Choose another with --data");
    await rm(folder, { recursive: true });
  });

  test.runIf(process.getuid?.() === 0)(
    "of root with a data folder that the user postgres may not enter keeps its database elsewhere and says where",
    async () => {
      const folder = await temporaryFolder();
      const closed = join(folder, "home");
      await mkdir(closed);
      await chmod(closed, 0o700);
      const other = await startPlatform({ folder: join(closed, "data"), flags: ["--no-worker", "--slots", "1"] });
      expect(other.errors()).toMatch(/keeps its data in \/var\/lib\/uniarm/);
      const moved = /keeps its data in (\S+):/.exec(other.errors())![1]!;
      expect(await other.call("GET", "/api/version")).toMatchObject({ version: expect.any(String) });
      await other.stop();
      await rm(moved, { recursive: true });
      await rm(folder, { recursive: true });
    },
  );
});
