import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { cyclesOf, fileGraph, importsOf, readImports, sourceFiles } from "../src/import-graph.ts";

const root = join(import.meta.dirname, "../../..");
const workspace = ["packages", "apps"].flatMap((kind) =>
  readdirSync(join(root, kind)).map((name) => `${kind}/${name}`),
);

/** What each package is built on: `name`, or `name/door` where it may enter by that door alone. */
const BUILT_ON: Record<string, readonly string[]> = {
  core: [],
  trainer: ["core"],
  decoder: ["core"],
  eval: ["core"],
  data: ["core"],
  "tiny-world": ["core"],
  pipeline: ["core", "trainer", "decoder", "eval", "tiny-world"],
  db: ["core", "pipeline/schema"],
  client: ["core"],
  slurm: ["core", "pipeline/schema"],
  kubernetes: ["core", "pipeline/schema"],
};
/** Apps stand on all packages and import no app. The CLI depends on the others all the same: it starts them by their doors. */
const ON_APPS = ["cli"];
/** Who speaks to the server knows the types of its calls, and nothing else of it; the rest of the workspace asks through it. */
const KNOWS_THE_ROUTER = "client";

/** Folders of core from the bottom up: each imports only from itself and from those before it. */
const CORE_FOLDERS = [
  "schema",
  "files",
  "text",
  "tensor",
  "layers",
  "model",
  "adapters",
  "losses",
  "checkpoint",
  "testing",
];

describe.each(workspace)("%s", (folder) => {
  const [kind, name] = folder.split("/") as [string, string];
  const imports = readImports(root, sourceFiles(root, `${folder}/src`));
  const isRouter = (specifier: string, names: readonly string[], typeOnly: boolean): boolean =>
    name === KNOWS_THE_ROUTER && specifier === "api" && typeOnly && names.join() === "AppRouter";
  const mayEnter = (specifier: string): boolean => {
    const [target = ""] = specifier.split("/");
    if (kind === "packages") return (BUILT_ON[name] ?? []).some((door) => door === target || door === specifier);
    return target in BUILT_ON;
  };
  const mayStart = (one: string): boolean => ON_APPS.includes(name) && workspace.includes(`apps/${one}`);

  test("imports only what it is built on", () => {
    const strays = [...imports].flatMap(([file, list]) =>
      list.flatMap(({ specifier, names, typeOnly }) => {
        if (!specifier.startsWith("@uniarm/")) return [];
        const inside = specifier.slice("@uniarm/".length);
        return mayEnter(inside) || isRouter(inside, names, typeOnly) ? [] : [`${file} imports ${specifier}`];
      }),
    );
    expect(strays).toEqual([]);
  });

  test("depends only on what it is built on", () => {
    const { dependencies = {} } = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8")) as {
      dependencies?: Record<string, string>;
    };
    const inside = Object.keys(dependencies).flatMap((one) => (one.startsWith("@uniarm/") ? [one.slice(8)] : []));
    expect(inside.filter((one) => !mayEnter(one) && !mayEnter(`${one}/schema`) && !mayStart(one))).toEqual([]);
  });

  test("has no circle of files", () => {
    const cycles = cyclesOf(fileGraph(imports));
    expect(cycles.map((cycle) => cycle.join(" -> "))).toEqual([]);
  });
});

test("folders of core import only from those before them", () => {
  const source = "packages/core/src";
  const folderOf = (file: string): string => /^packages\/core\/src\/([^/]+)\//.exec(file)?.[1] ?? "index.ts";
  const rank = (file: string): number => [...CORE_FOLDERS, "index.ts"].indexOf(folderOf(file));
  const files = sourceFiles(root, source);
  expect([...new Set(files.map(folderOf))].sort()).toEqual([...CORE_FOLDERS, "index.ts"].sort());
  const graph = fileGraph(readImports(root, files));
  const upwards = [...graph].flatMap(([file, targets]) =>
    targets.filter((target) => rank(target) > rank(file)).map((target) => `${file} imports ${target}`),
  );
  expect(upwards).toEqual([]);
});

test("every package has its place in the order", () => {
  const packages = readdirSync(join(root, "packages")).filter((name) =>
    existsSync(join(root, "packages", name, "src")),
  );
  expect(Object.keys(BUILT_ON).sort()).toEqual(packages.sort());
});

test("imports of every kind are seen", () => {
  const text = `import { a, type B } from "./one.ts";
    import type { C } from "./two.ts";
    import { type D } from "./three.ts";
    import * as e from "./four.ts";
    export type { F } from "./five.ts";
    export { g } from "./six.ts";
    const h = await import("./seven.ts");
    type I = import("./eight.ts").I;
    import "./nine.ts";`;
  const seen = importsOf(text).map(
    ({ specifier, typeOnly }) => `${specifier.slice(2, -3)}${typeOnly ? " (type)" : ""}`,
  );
  expect(seen).toEqual([
    "one",
    "two (type)",
    "three (type)",
    "four",
    "five (type)",
    "six",
    "seven",
    "eight (type)",
    "nine",
  ]);
});

test("a circle of files is found, whatever its length", () => {
  expect(cyclesOf(new Map(Object.entries({ a: ["b"], b: ["c"], c: [] })))).toEqual([]);
  expect(cyclesOf(new Map(Object.entries({ a: ["b"], b: ["c", "a"], c: ["c"] })))).toEqual([
    ["c", "c"],
    ["a", "b", "a"],
  ]);
});
