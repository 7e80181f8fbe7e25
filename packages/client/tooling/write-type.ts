import ts from "typescript";

const WRITTEN_AS_THEY_ARE =
  ts.TypeFlags.Any |
  ts.TypeFlags.Unknown |
  ts.TypeFlags.Never |
  ts.TypeFlags.Void |
  ts.TypeFlags.Null |
  ts.TypeFlags.Undefined |
  ts.TypeFlags.String |
  ts.TypeFlags.Number |
  ts.TypeFlags.Boolean |
  ts.TypeFlags.Literal;

/**
 * What JSON can hold, the only types that hold themselves, and so have to have names: with keys that may be undefined, as a
 * database gives it, and without, as a schema takes it.
 */
export const JSON_VALUES = {
  JsonValue: "string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue | undefined }",
  JsonInput: "string | number | boolean | null | JsonInput[] | { [key: string]: JsonInput }",
};

/** A type as text that names no other types but these. @throws Error when another type holds itself */
export function writeType(checker: ts.TypeChecker, type: ts.Type, within: readonly ts.Type[] = []): string {
  if (within.includes(type)) throw new Error(`${checker.typeToString(type)} holds itself: it cannot be written out`);
  const write = (part: ts.Type): string => writeType(checker, part, [...within, type]);
  if (type.flags & WRITTEN_AS_THEY_ARE) return checker.typeToString(type);
  const json = jsonName(checker, type);
  if (json !== null) return json;
  if (type.isUnion()) return writeUnion(checker, type.types, write);
  if (type.isIntersection() && !type.types.every((part) => part.flags & ts.TypeFlags.Object))
    return type.types.map((part) => `(${write(part)})`).join(" & ");
  if (checker.isTupleType(type)) return `[${argumentsOf(checker, type).map(write).join(", ")}]`;
  const name = type.symbol?.name;
  if (checker.isArrayType(type))
    return `${name === "ReadonlyArray" ? "readonly " : ""}(${write(argumentsOf(checker, type)[0]!)})[]`;
  if (name === "AsyncIterable" || name === "AsyncIterator")
    return `${name}<${argumentsOf(checker, type).map(write).join(", ")}>`;
  return writeObject(checker, type, write);
}

const argumentsOf = (checker: ts.TypeChecker, type: ts.Type): readonly ts.Type[] =>
  checker.getTypeArguments(type as ts.TypeReference);

function jsonName(checker: ts.TypeChecker, type: ts.Type): keyof typeof JSON_VALUES | null {
  if (!type.isUnion()) return null;
  const has = (isPresent: (part: ts.Type) => unknown): boolean => type.types.some((part) => Boolean(isPresent(part)));
  const held = type.types.flatMap((part) => part.getStringIndexType() ?? []);
  const isJson =
    has(({ flags }) => flags & ts.TypeFlags.String) &&
    has(({ flags }) => flags & ts.TypeFlags.Number) &&
    has((part) => checker.isArrayType(part)) &&
    held.length > 0;
  if (!isJson) return null;
  const mayBeUndefined = held.some(
    (one) => one.isUnion() && one.types.some(({ flags }) => flags & ts.TypeFlags.Undefined),
  );
  return mayBeUndefined ? "JsonValue" : "JsonInput";
}

/** true | false is boolean. */
function writeUnion(checker: ts.TypeChecker, parts: readonly ts.Type[], write: (part: ts.Type) => string): string {
  const texts = parts.map((part) =>
    part.flags & ts.TypeFlags.BooleanLiteral &&
    parts.filter(({ flags }) => flags & ts.TypeFlags.BooleanLiteral).length === 2
      ? "boolean"
      : write(part),
  );
  return [...new Set(texts)].map((text) => `(${text})`).join(" | ");
}

function writeObject(checker: ts.TypeChecker, type: ts.Type, write: (part: ts.Type) => string): string {
  const indexes = checker
    .getIndexInfosOfType(type)
    .map((index) => `[key: ${checker.typeToString(index.keyType)}]: ${write(index.type)}`);
  const properties = checker.getPropertiesOfType(type).map((property) => {
    const isOptional = (property.flags & ts.SymbolFlags.Optional) !== 0;
    const value = checker.getTypeOfSymbol(property);
    const text = write(value);
    return `${JSON.stringify(property.name)}${isOptional ? "?" : ""}: ${text}`;
  });
  return `{ ${[...indexes, ...properties].join("; ")} }`;
}
