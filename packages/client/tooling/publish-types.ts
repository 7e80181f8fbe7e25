/**
 * The last step of the build. A server is no package of npm, so its router's type is written out: dist/router.d.ts names
 * nothing but @trpc/server. What was written is then held against the router itself.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { format } from "prettier";
import ts from "typescript";
import { JSON_VALUES, writeType } from "./write-type.ts";

const folder = join(import.meta.dirname, "..");
const written = join(folder, "dist/router.d.ts");
const probe = join(folder, "dist/probe.ts");

interface Compiled {
  checker: ts.TypeChecker;
  /** a type that the text exports */
  named: (name: string) => ts.Type;
}

let previous: ts.Program | undefined;

/** Compiles a text that lies in no file. */
function compile(text: string): Compiled {
  const { config } = ts.readConfigFile(join(folder, "tsconfig.build.json"), (path) => ts.sys.readFile(path)) as {
    config: object;
  };
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [] }, ts.sys, folder);
  const compiling = { ...options, noEmit: true, rootDir: undefined };
  const disk = ts.createCompilerHost(compiling);
  const host: ts.CompilerHost = {
    ...disk,
    getSourceFile: (name, ...rest) =>
      name === probe
        ? ts.createSourceFile(name, text, ts.ScriptTarget.ESNext, true)
        : disk.getSourceFile(name, ...rest),
    fileExists: (name) => name === probe || disk.fileExists(name),
  };
  previous = ts.createProgram([probe], compiling, host, previous);
  const checker = previous.getTypeChecker();
  const exported = checker.getExportsOfModule(checker.getSymbolAtLocation(previous.getSourceFile(probe)!)!);
  const named = (name: string): ts.Type =>
    checker.getDeclaredTypeOfSymbol(exported.find((symbol) => symbol.name === name)!);
  return { checker, named };
}

const KINDS = {
  query: "TRPCQueryProcedure",
  mutation: "TRPCMutationProcedure",
  subscription: "TRPCSubscriptionProcedure",
};

function routerText(): string {
  const { checker, named } = compile(`
    import type { AppRouter } from "@uniarm/api";
    import type { inferRouterError, inferRouterInputs, inferRouterOutputs } from "@trpc/server";
    export type Inputs = inferRouterInputs<AppRouter>;
    export type Outputs = inferRouterOutputs<AppRouter>;
    export type Errors = inferRouterError<AppRouter>;
    export type Record = AppRouter["_def"]["record"];
  `);
  const at = (type: ts.Type, ...path: string[]): ts.Type =>
    path.reduce((inner, key) => checker.getTypeOfSymbol(checker.getPropertyOfType(inner, key)!), type);
  const keysOf = (type: ts.Type): string[] => checker.getPropertiesOfType(type).map(({ name }) => name);

  const routers = keysOf(named("Record")).map((router) => {
    const procedures = keysOf(at(named("Record"), router)).map((name) => {
      const kind = (at(named("Record"), router, name, "_def", "type") as ts.StringLiteralType).value;
      const input = writeType(checker, at(named("Inputs"), router, name));
      const output = writeType(checker, at(named("Outputs"), router, name));
      return `    ${name}: ${KINDS[kind as keyof typeof KINDS]}<{ meta: unknown; input: ${input}; output: ${output} }>;\n`;
    });
    return `  ${router}: {\n${procedures.join("")}  };\n`;
  });
  return `import type { TRPCBuiltRouter, ${Object.values(KINDS).join(", ")} } from "@trpc/server";

${Object.entries(JSON_VALUES)
  .map(([name, text]) => `export type ${name} = ${text};\n`)
  .join("")}
/** All that a server can be asked. */
export type AppRouter = TRPCBuiltRouter<
  { ctx: object; meta: object; transformer: false; errorShape: ${writeType(checker, named("Errors"))} },
  {
${routers.join("")}  }
>;
`;
}

writeFileSync(written, await format(routerText(), { parser: "typescript", printWidth: 120 }));
const { checker, named } = compile(`
  import type { AppRouter } from "@uniarm/api";
  import type { AppRouter as Written } from "./router.js";
  import type { inferRouterError, inferRouterInputs, inferRouterOutputs } from "@trpc/server";
  type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : false) : false;
  type Differing<A, B> = {
    [Router in keyof A & keyof B]: {
      [Name in keyof A[Router]]: Same<A[Router][Name], B[Router][Name & keyof B[Router]]> extends true
        ? never
        : [Router, Name];
    }[keyof A[Router]];
  }[keyof A & keyof B];
  type In = Differing<inferRouterInputs<AppRouter>, inferRouterInputs<Written>>;
  type Out = Differing<inferRouterOutputs<AppRouter>, inferRouterOutputs<Written>>;
  type Failure = Same<inferRouterError<AppRouter>, inferRouterError<Written>> extends true ? never : ["errors"];
  type Routers = Exclude<keyof inferRouterInputs<AppRouter>, keyof inferRouterInputs<Written>>;
  export type All = In | Out | Failure | Routers;
`);
const differing = writeType(checker, named("All"));
if (differing !== "never") throw new Error(`dist/router.d.ts is not what the server's router is: ${differing}`);
