import { execFileSync, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { connect, createServer, type AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

export const NAME = "uniarm.example.org";
const PAGES = join(import.meta.dirname, "../../../docs");
const STARTS_MS = 30_000;

export type Program = "nginx" | "caddy";
const PLACES: Record<Program, string> = { nginx: "/usr/sbin/nginx", caddy: "/usr/bin/caddy" };
export const isInstalled = (program: Program): boolean => existsSync(PLACES[program]);

export interface Proxy {
  port: number;
  /** in PEM, for its name and for 127.0.0.1 */
  certificate: string;
  stop: () => Promise<void>;
}

/** The blocks of a language in a page of docs. */
export async function blocksOf(program: Program, name = "reverse-proxy.md"): Promise<string[]> {
  const page = await readFile(join(PAGES, name), "utf8");
  return [...page.matchAll(new RegExp(`^\`\`\`${program}\n(.*?)^\`\`\``, "gms"))].map(([, block]) => block!);
}

/** Addresses of servers in the pages' blocks. */
const ONE = ["127.0.0.1:4747"];
const SEVERAL = ["10.0.0.11:4747", "10.0.0.12:4747"];

/** Starts a proxy on loopback with a block of its configuration; only addresses and the places of its certificate are exchanged. */
export async function startProxy(program: Program, block: string, ...servers: [string, ...string[]]): Promise<Proxy> {
  const folder = await mkdtemp(join(tmpdir(), "uniarm-proxy-"));
  const port = await freePort();
  const [certificate, key] = [join(folder, "cert.pem"), join(folder, "key.pem")];
  const subject = ["-subj", `/CN=${NAME}`, "-addext", `subjectAltName=DNS:${NAME},IP:127.0.0.1`];
  const files = ["-keyout", key, "-out", certificate, "-days", "2"];
  execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject], { stdio: "ignore" });
  const own = servers
    .reduce(
      (text, url, index) => text.replaceAll((servers.length > 1 ? SEVERAL : ONE)[index]!, new URL(url).host),
      block,
    )
    .replaceAll("/etc/ssl/certs/uniarm.pem", certificate)
    .replaceAll("/etc/ssl/private/uniarm.key", key)
    .replace(/listen 443\b/, `listen 127.0.0.1:${port}`)
    .replace(/listen 80\b/, `listen 127.0.0.1:${port}`)
    .replace(`${NAME} {`, `${NAME}:${port}, 127.0.0.1:${port} {`);
  const config = join(folder, "config");
  await writeFile(config, program === "nginx" ? nginxConfig(folder, own) : caddyConfig(folder, own));
  const flags =
    program === "nginx" ? ["-p", folder, "-c", config] : ["run", "--adapter", "caddyfile", "--config", config];
  const child = spawn(PLACES[program], flags, {
    env: { ...process.env, HOME: folder, XDG_DATA_HOME: folder, XDG_CONFIG_HOME: folder },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => (said += text));
  const ended = new Promise<void>((done) => child.on("close", () => done()));
  for (const deadline = Date.now() + STARTS_MS; !(await answers(port)); await sleep(50))
    if (child.exitCode !== null || Date.now() > deadline) throw new Error(`${program} does not listen: ${said}`);
  return {
    port,
    certificate: await readFile(certificate, "utf8"),
    stop: async () => {
      child.kill("SIGTERM");
      await ended;
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const nginxConfig = (folder: string, block: string): string => `
daemon off;
${process.getuid?.() === 0 ? "user root;" : ""}
pid ${folder}/pid;
error_log stderr;
events {
  worker_connections 4096;
}
http {
  access_log off;
  client_body_temp_path ${folder}/body;
  proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi;
  uwsgi_temp_path ${folder}/uwsgi;
  scgi_temp_path ${folder}/scgi;
${block}
}
`;

const caddyConfig = (folder: string, block: string): string => `{
	admin off
	auto_https disable_redirects
	storage file_system ${folder}
}
${block}`;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((done) => server.on("listening", done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((done) => {
    const peer = connect(port, "127.0.0.1");
    peer.on("connect", () => {
      peer.destroy();
      done(true);
    });
    peer.on("error", () => done(false));
  });
