import { globSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import ts from "typescript";

/** One import statement, `import()` or re-export of a file. */
export interface Import {
  /** what stands in the quotes */
  specifier: string;
  /** whether it vanishes when types do */
  typeOnly: boolean;
  /** the names taken; empty where all are, or none */
  names: string[];
}

/** Source files below a folder of the workspace, as paths from its root. */
export const sourceFiles = (root: string, folder: string): string[] =>
  globSync(`${folder}/**/*.{ts,tsx}`, { cwd: root }).filter((file) => !file.includes("/generated/"));

/** Every import of a source text, types included. */
export function importsOf(text: string, file = "file.ts"): Import[] {
  const found: Import[] = [];
  const add = (specifier: ts.Node | undefined, typeOnly: boolean, names: string[] = []): void => {
    if (specifier && ts.isStringLiteralLike(specifier)) found.push({ specifier: specifier.text, typeOnly, names });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      const bindings = node.importClause?.namedBindings;
      const elements = bindings && ts.isNamedImports(bindings) ? [...bindings.elements] : [];
      const allTypes = elements.length > 0 && !node.importClause?.name && elements.every((one) => one.isTypeOnly);
      const isType = node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword;
      add(node.moduleSpecifier, isType || allTypes, elements.map(nameOf));
    } else if (ts.isExportDeclaration(node)) {
      const elements = node.exportClause && ts.isNamedExports(node.exportClause) ? [...node.exportClause.elements] : [];
      const allTypes = elements.length > 0 && elements.every((one) => one.isTypeOnly);
      add(node.moduleSpecifier, node.isTypeOnly || allTypes, elements.map(nameOf));
    } else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : undefined, true);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile(file, text, ts.ScriptTarget.Latest));
  return found;
}

const nameOf = (one: ts.ImportSpecifier | ts.ExportSpecifier): string => (one.propertyName ?? one.name).text;

/** The imports of files, by file. */
export function readImports(root: string, files: readonly string[]): Map<string, Import[]> {
  return new Map(files.map((file) => [file, importsOf(readFileSync(join(root, file), "utf8"), file)]));
}

/** Which of the files each of them imports by a path. */
export function fileGraph(imports: ReadonlyMap<string, readonly Import[]>): Map<string, string[]> {
  return new Map(
    [...imports].map(([file, list]) => {
      const paths = list.filter(({ specifier }) => specifier.startsWith("."));
      const targets = paths.map(({ specifier }) => join(dirname(file), specifier));
      return [file, [...new Set(targets)].filter((target) => imports.has(target))];
    }),
  );
}

/** A way round from each file that leads back to itself, each circle of files once: [a, b, a]. */
export function cyclesOf(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const done = new Set<string>();
  const path: string[] = [];
  const cycles: string[][] = [];
  const visit = (file: string): void => {
    const at = path.indexOf(file);
    if (at >= 0) cycles.push([...path.slice(at), file]);
    if (at >= 0 || done.has(file)) return;
    path.push(file);
    for (const next of graph.get(file) ?? []) visit(next);
    path.pop();
    done.add(file);
  };
  for (const file of graph.keys()) visit(file);
  return cycles;
}
