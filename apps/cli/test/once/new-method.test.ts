import { execFileSync } from "node:child_process";
import { cp, mkdtemp, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";

const ROOT = join(import.meta.dirname, "../../../..");
const REGISTRY = "packages/core/src/schema/method.ts";
const ENTRY = `  twin: {
    summary: "UniARM under another name",
    adapter: "moslora",
    trains: "arm",
    arms: "one",
    fusions: ["product"],
    tinyWorldAdapter: { kind: "moslora", rank: 2, alpha: 4, targets },
  },
`;
const NEEDLESS = new Set(["test", "dist", "docs", "screenshots"]);

let copy: string;
beforeAll(async () => {
  copy = await mkdtemp(join(tmpdir(), "uniarm-method-"));
  for (const folder of ["packages", "apps"])
    await cp(join(ROOT, folder), join(copy, folder), {
      recursive: true,
      verbatimSymlinks: true, // the workspace's links stay inside of the copy
      filter: (path) => !NEEDLESS.has(basename(path)),
    });
  await symlink(join(ROOT, "node_modules"), join(copy, "node_modules"));
  const registry = join(copy, REGISTRY);
  const text = await readFile(registry, "utf8");
  const end = text.indexOf("} as const satisfies");
  await writeFile(registry, `${text.slice(0, end)}${ENTRY}${text.slice(end)}`);
});
afterAll(async () => rm(copy, { recursive: true, force: true }));

const node = (...args: string[]): string =>
  execFileSync(process.execPath, args, { cwd: copy, encoding: "utf8", stdio: ["ignore", "pipe", "pipe"] });
const uniarm = (...args: string[]): string => node("apps/cli/src/main.ts", ...args);

test("a method that is registered in the one table appears in the help of the command line", () => {
  expect(uniarm("train", "--help").replaceAll(/\s+/g, " ")).toContain("twin: UniARM under another name");
  expect(uniarm("train", "--help")).toMatch(/"finetune",\s+"scorer",\s+"twin"/);
  expect(uniarm("demo", "--help")).toMatch(/"genarm",\s+"twin"/); // without the methods that tune the model itself
});

test("and in the launch form of the dashboard", () => {
  const shown = node(
    "--input-type=module",
    "--eval",
    `import { z } from "${join(copy, "packages/core/node_modules/zod/index.js")}";
     import { configSchema } from "${join(copy, "packages/pipeline/src/schema/index.ts")}";
     import { launchSchema } from "${join(copy, "apps/tracker/src/form/launch-schema.ts")}";
     import { controlOf } from "${join(copy, "apps/tracker/src/form/control.ts")}";
     const schema = (kind) => z.toJSONSchema(configSchema(kind), { io: "input", unrepresentable: "any" });
     const form = launchSchema("study", schema("study"), { train: schema("train"), decode: schema("decode") });
     console.log(JSON.stringify(controlOf(form.properties.methods.items.properties.training.properties.method)));`,
  );
  expect(JSON.parse(shown)).toMatchObject({
    options: ["uniarm", "parm", "genarm", "dpo", "modpo", "finetune", "twin"],
  });
});

test("and is trained, decoded, scored and compared by a study like any other", async () => {
  const study = JSON.parse(uniarm("study", "show", "quick")) as { methods: { name: string; training: object }[] };
  const [quick] = study.methods;
  const { adapter: _, ...training } = quick!.training as { adapter: unknown };
  const methods = [quick, { ...quick, name: "ours", training: { ...training, method: "twin" } }];
  await writeFile(join(copy, "study.json"), JSON.stringify({ ...study, methods }));
  const printed = uniarm("study", "run", "study.json", "--output", "out");
  expect(printed).toMatch(/^ *ours +\d\.\d{3} \[/m);
  const report = JSON.parse(await readFile(join(copy, "out/ours/evaluate/report.json"), "utf8")) as { name: string };
  expect(report.name).toBe("ours");
  const trained = JSON.parse(await readFile(join(copy, "out/ours/train/config.json"), "utf8")) as { method: string };
  expect(trained.method).toBe("twin");
});
