import { execFileSync, spawnSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { parse } from "yaml";

const root = resolve(import.meta.dirname, "../../..");
const read = (path: string): string => readFileSync(join(root, path), "utf8");
const { packageManager } = JSON.parse(read("package.json")) as { packageManager: string };

interface Instruction {
  target: string;
  name: string;
  text: string;
}

/** Of the Dockerfile, each with the target that it is part of. */
function instructions(): Instruction[] {
  let target = "";
  return read("images/Dockerfile")
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => line.trim() !== "" && !line.startsWith("#"))
    .map((line) => {
      const [, name = "", text = ""] = /^(\S+)\s+(.*)$/.exec(line)!;
      if (name === "FROM") target = / AS (\w+)$/.exec(text)![1]!;
      return { target, name, text };
    });
}

/** What a target has of an instruction, with what it builds upon. */
function of(target: string, name: string): string[] {
  const from = instructions().find((one) => one.target === target && one.name === "FROM")!.text;
  const base = /^(\w+) AS/.exec(from)?.[1];
  const own = instructions().flatMap((one) => (one.target === target && one.name === name ? [one.text] : []));
  return [...(base === undefined ? [] : of(base, name)), ...own];
}

interface Service {
  build?: { context: string; dockerfile: string; target: string };
  command?: string[];
  environment: Record<string, string>;
  ports?: string[];
  volumes: string[];
  depends_on?: string[] | Record<string, unknown>;
}
const compose = parse(read("images/compose.yaml")) as {
  services: Record<string, Service>;
  volumes: Record<string, unknown>;
};
const services = Object.entries(compose.services);
const built = services.filter(([, { build }]) => build !== undefined);

const helpOf = (command: string): string =>
  execFileSync(process.execPath, ["apps/cli/src/main.ts", command, "--help"], { cwd: root, encoding: "utf8" });

describe("the Dockerfile", () => {
  test("names only files of this tree", () => {
    const paths = instructions().flatMap(
      ({ text }) => text.match(/\b(?:apps|images|packages|tooling)\/[\w./-]+/g) ?? [],
    );
    expect(paths).toContain("images/worker.sh");
    expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
  });

  test("has the Node and the pnpm of this tree", () => {
    const { catalog } = parse(read("pnpm-workspace.yaml")) as { catalog: Record<string, string> };
    const [image] = of("tree", "FROM");
    expect(image).toContain(`node:${catalog.node!.split(".")[0]}-`);
    expect(of("tree", "RUN").join("\n")).toContain(packageManager);
    expect(of("tree", "ENV").join("\n")).toContain("node_modules/node/bin");
  });

  test("serves with flags that the command has, and works as no root", () => {
    const [command] = of("server", "CMD");
    const [program, ...flags] = JSON.parse(command!) as string[];
    const help = helpOf(program!);
    for (const flag of flags.filter((one) => one.startsWith("--"))) expect(help).toContain(`${flag} `);
    for (const target of ["server", "worker"]) expect(of(target, "USER").at(-1)).toBe("node");
  });

  test("leaves out what belongs to a machine or is a secret", () => {
    const ignored = read(".dockerignore").split("\n");
    for (const path of [".git", ".env", "images/.env", "**/node_modules", "packages/db/src/generated"])
      expect(ignored).toContain(path);
  });
});

describe("the compose file", () => {
  test("builds targets that there are", () => {
    for (const [, { build }] of built) {
      expect(instructions().map(({ target }) => target)).toContain(build!.target);
      expect(existsSync(join(root, "images", build!.context, build!.dockerfile))).toBe(true);
    }
    expect(built.map(([name]) => name)).toEqual(["server", "worker"]);
  });

  test("keeps what the images say is to be kept, in volumes that it declares", () => {
    for (const [, { build, volumes }] of built)
      expect(volumes.map((volume) => volume.split(":")[1]).sort()).toEqual(of(build!.target, "VOLUME").sort());
    const named = services.flatMap(([, { volumes }]) => volumes.map((volume) => volume.split(":")[0]!));
    expect([...new Set(named)].sort()).toEqual(Object.keys(compose.volumes).sort());
  });

  test("opens the port that the server listens on, to its own machine alone", () => {
    const port = /--port <number>\s+port to listen on; 0: any \(default: (\d+)\)/.exec(helpOf("serve"))![1]!;
    expect(of("server", "EXPOSE")).toEqual([port]);
    expect(compose.services.server!.ports).toEqual([`127.0.0.1:${port}:${port}`]);
    expect(compose.services.worker!.environment.UNIARM_SERVER).toBe(`http://server:${port}`);
    expect(services.flatMap(([, { ports = [] }]) => ports)).toHaveLength(1);
  });

  test("sets variables that programs read, and asks for those that the page explains", () => {
    const known = read("docs/environment.md");
    const page = read("docs/deployment.md");
    const own = built.flatMap(([, { build, environment }]) => [
      ...Object.keys(environment),
      ...of(build!.target, "ENV").map((text) => text.split("=")[0]!),
    ]);
    for (const name of own.filter((one) => one !== "PATH")) expect(known).toContain(`\`${name}\``);
    const asked = [...read("images/compose.yaml").matchAll(/\$\{(\w+)/g)].map(([, name]) => name!);
    for (const name of asked) expect(page).toContain(`${name}=`);
  });

  test("waits for services that there are, and gives the worker flags that it has", () => {
    for (const [, { depends_on: needed = [] }] of services)
      for (const name of Array.isArray(needed) ? needed : Object.keys(needed))
        expect(Object.keys(compose.services)).toContain(name);
    const flags = compose.services.worker!.command!.filter((one) => one.startsWith("--"));
    const help = helpOf("worker");
    for (const flag of flags) expect(help).toContain(`${flag} `);
  });
});

test("the worker's script works without an engine where none can be built, and passes its flags on", () => {
  const folder = mkdtempSync(join(tmpdir(), "uniarm-images-"));
  const node = join(folder, "node");
  try {
    // stands for Node on a machine that lacks a compiler
    writeFileSync(node, `#!/bin/sh\necho "$PWD $@"\ncase "$1" in *install.ts) exit 3 ;; esac\n`);
    chmodSync(node, 0o755);
    const { stdout, stderr, status } = spawnSync("sh", [join(root, "images/worker.sh"), "--slots", "2"], {
      env: { ...process.env, PATH: `${folder}:${process.env.PATH}` },
      encoding: "utf8",
    });
    expect(status).toBe(0);
    expect(stdout.trim().split("\n")).toEqual([
      `${root} tooling/engine/src/install.ts`,
      `${root} apps/cli/src/main.ts worker --slots 2`,
    ]);
    expect(stderr).toContain("goes on without the tensorflow engine");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
