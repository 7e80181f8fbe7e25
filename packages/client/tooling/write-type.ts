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

/** What JSON can hold: the one type that holds itself, and so has to have a name. */
export const JSON_VALUE = {
  name: "JsonValue",
  text: "string | number | boolean | null | JsonValue[] | { [key: string]: JsonValue | undefined }",
};

/** A type as text that names no other type but JsonValue. @throws Error when another type holds itself */
export function writeType(checker: ts.TypeChecker, type: ts.Type, within: readonly ts.Type[] = []): string {
  if (within.includes(type)) throw new Error(`${checker.typeToString(type)} holds itself: it cannot be written out`);
  const write = (part: ts.Type): string => writeType(checker, part, [...within, type]);
  if (type.flags & WRITTEN_AS_THEY_ARE) return checker.typeToString(type);
  if (isJsonValue(checker, type)) return JSON_VALUE.name;
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

const isJsonValue = (checker: ts.TypeChecker, type: ts.Type): boolean =>
  type.isUnion() &&
  [
    (part: ts.Type) => part.flags & ts.TypeFlags.String,
    (part: ts.Type) => part.flags & ts.TypeFlags.Number,
    (part: ts.Type) => checker.isArrayType(part),
    (part: ts.Type) => part.getStringIndexType(),
  ].every((isPresent) => type.types.some(isPresent));

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
