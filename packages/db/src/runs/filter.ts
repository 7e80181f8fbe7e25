import { UniArmError } from "@uniarm/core/schema";
import { partOf, valueOf } from "./field-value.ts";
import { ABOUT_QUOTES, fieldOf, OPERATORS, type Field, type Operator, type Statement } from "./fields.ts";
import { zonedTime } from "./zoned-time.ts";

/**
 * The language of filters: comparisons one after the other must all hold; `or`, `not` and parentheses combine them;
 * a word alone is looked for in names and tags.
 *
 *     state = RUNNING,QUEUED  metric.loss < 0.5  config.optimizer.learningRate > 0.001  not tag = seed-1  "my run"
 *     created > 2d  metric.reward = none  name ~ quick  metric."f1 score" > 0.5  config."my key".rate = 1
 */
export type Filter =
  | { type: "and" | "or"; parts: Filter[] }
  | { type: "not"; part: Filter }
  | { type: "text"; text: string }
  | { type: "compare"; field: Field; operator: Operator; values: Value[] };

interface Value {
  text: string;
  quoted: boolean;
}

type Token = { type: "word"; text: string; quoted: boolean } | { type: "mark"; text: string };

/** A quoted text, a mark, a metric or setting whose name may have quoted parts, a word. */
const TOKEN =
  /\s*(?:"((?:[^"\\]|\\.)*)"|(!=|<=|>=|[=<>~(),])|((?:metric|config)\.(?:[^\s"=<>~(),]|"(?:[^"\\]|\\.)*")+|[^\s"=<>~(),]+))/y;
/** Parentheses inside of parentheses, at most. */
const DEEPEST = 50;

const invalid = (message: string): UniArmError => new UniArmError("filter-invalid", message);

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  const end = source.trimEnd().length;
  for (let at = 0; at < end; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const found = TOKEN.exec(source);
    if (!found)
      throw invalid(`The filter cannot be read from "${source.slice(at).trim()}" on: a quote is perhaps not closed.`);
    const [, quoted, mark, word] = found;
    if (quoted !== undefined) tokens.push({ type: "word", text: quoted.replaceAll(/\\(.)/g, "$1"), quoted: true });
    else if (mark !== undefined) tokens.push({ type: "mark", text: mark });
    else tokens.push({ type: "word", text: word!, quoted: false });
  }
  return tokens;
}

/** @throws UniArmError filter-invalid: what is wrong, and what can be written there */
export function parseFilter(source: string): Filter {
  const tokens = tokensOf(source);
  let at = 0;
  const isMark = (text: string): boolean => tokens[at]?.type === "mark" && tokens[at]!.text === text;
  const isKeyword = (text: string): boolean => {
    const token = tokens[at];
    return token?.type === "word" && !token.quoted && token.text.toLowerCase() === text && !isOperator(tokens[at + 1]);
  };

  const either = (depth: number): Filter => {
    const parts = [all(depth)];
    while (isKeyword("or")) {
      at += 1;
      parts.push(all(depth));
    }
    return parts.length === 1 ? parts[0]! : { type: "or", parts };
  };
  const all = (depth: number): Filter => {
    const parts = [one(depth)];
    while (at < tokens.length && !isKeyword("or") && !isMark(")")) {
      if (isKeyword("and")) at += 1;
      parts.push(one(depth));
    }
    return parts.length === 1 ? parts[0]! : { type: "and", parts };
  };
  const one = (depth: number): Filter => {
    let negations = 0;
    for (; isKeyword("not"); at++) negations += 1;
    const part = isMark("(") ? inner(depth + 1) : term();
    return negations % 2 === 1 ? { type: "not", part } : part;
  };
  const inner = (depth: number): Filter => {
    if (depth > DEEPEST) throw invalid(`The filter has more than ${DEEPEST} parentheses inside of one another.`);
    at += 1;
    const part = either(depth);
    if (!isMark(")")) throw invalid(`A parenthesis of the filter is not closed.`);
    at += 1;
    return part;
  };
  const term = (): Filter => {
    const token = tokens[at];
    if (!token) throw invalid(`The filter "${source.trim()}" ends in the middle: something is to follow.`);
    if (isOperator(token)) throw invalid(`The filter has "${token.text}" without a field before it.`);
    if (token.type === "mark")
      throw invalid(`The filter has a "${token.text}" where a field or a word is expected. ${ABOUT_QUOTES}`);
    at += 1;
    const operator = tokens[at];
    if (token.quoted || !isOperator(operator)) return { type: "text", text: token.text };
    at += 1;
    const field = fieldOf(token.text);
    const values = [valueAfter(field, operator.text)];
    for (; isMark(",");) {
      at += 1;
      values.push(valueAfter(field, ","));
    }
    return { type: "compare", field, operator: operator.text, values };
  };
  const valueAfter = (field: Field, mark: string): Value => {
    const token = tokens[at];
    if (token?.type !== "word")
      throw invalid(`After "${field.name} ${mark}" there is nothing to compare with. Texts with marks go in quotes.`);
    at += 1;
    return token;
  };

  if (tokens.length === 0) return { type: "and", parts: [] };
  const filter = either(0);
  if (at < tokens.length) throw invalid(`The filter has a ")" that closes nothing.`);
  return filter;
}

type Mark = Extract<Token, { type: "mark" }>;
const isOperator = (token: Token | undefined): token is Mark & { text: Operator } =>
  token?.type === "mark" && OPERATORS.json.some((operator) => operator === token.text);

/** A condition over the alias `r` of "Run". */
export function filterSql(filter: Filter, statement: Statement): string {
  if (filter.type === "not") return `NOT ${filterSql(filter.part, statement)}`;
  if (filter.type === "text") {
    const needle = statement.parameter(filter.text);
    return `(strpos(lower(r.name), lower(${needle}::text)) > 0 OR ${needle} = ANY (r.tags) OR r.id = ${needle})`;
  }
  if (filter.type === "compare") return `coalesce(${comparison(filter, statement)}, FALSE)`;
  if (filter.parts.length === 0) return "TRUE";
  return `(${filter.parts.map((part) => filterSql(part, statement)).join(filter.type === "or" ? " OR " : " AND ")})`;
}

type Comparison = Extract<Filter, { type: "compare" }>;

function comparison(compare: Comparison, statement: Statement): string {
  const { operator, values } = compare;
  if (operator === "!=") return `NOT coalesce(${comparison({ ...compare, operator: "=" }, statement)}, FALSE)`;
  if (values.length > 1 && operator !== "=" && operator !== "~")
    throw invalid(`"${compare.field.name} ${operator}" compares with one value; several go with = and ~.`);
  return `(${values.map((value) => single(compare, value, statement)).join(" OR ")})`;
}

const COMPARED: Record<Field["type"], (compare: Comparison, value: Value, statement: Statement) => string> = {
  text: comparedText,
  list: comparedList,
  time: comparedTime,
  number: comparedNumber,
  json: comparedJson,
};

function single(compare: Comparison, value: Value, statement: Statement): string {
  const { field, operator } = compare;
  if (!value.quoted && !field.values && value.text.toLowerCase() === "none" && operator === "=") {
    const sql = field.sql(statement);
    if (field.type === "list") return `cardinality(${sql}) = 0`;
    return field.type === "text" ? `coalesce(${sql}, '') = ''` : `${sql} IS NULL`;
  }
  return COMPARED[field.type](compare, value, statement);
}

const contains = (sql: string, needle: string): string => `strpos(lower(${sql}), lower(${needle}::text)) > 0`;

function comparedText({ field, operator }: Comparison, { text }: Value, statement: Statement): string {
  const sql = field.sql(statement);
  if (operator === "~") return contains(sql, statement.parameter(partOf(field, text)));
  if (operator === "=") return `${sql} = ${statement.parameter(valueOf(field, text))}::text`;
  throw invalid(`"${field.name}" is a text: it takes =, != and ~ (contains), not ${operator}.`);
}

function comparedList({ field, operator }: Comparison, { text }: Value, statement: Statement): string {
  const sql = field.sql(statement);
  if (operator === "=") return `${statement.parameter(text)}::text = ANY (${sql})`;
  if (operator === "~")
    return `EXISTS (SELECT 1 FROM unnest(${sql}) AS item WHERE ${contains("item", statement.parameter(text))})`;
  throw invalid(`A run has several of "${field.name}": it takes =, != and ~ (contains), not ${operator}.`);
}

const UNIT_SECONDS = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 } as const;

function comparedTime({ field, operator }: Comparison, { text }: Value, statement: Statement): string {
  if (operator === "=" || operator === "~") throw invalid(`"${field.name}" is a time: it takes <, <=, > and >=.`);
  const [, count, unit] = /^(\d+(?:\.\d+)?)([smhdw])$/.exec(text) ?? [];
  if (count !== undefined) {
    const seconds = Number(count) * UNIT_SECONDS[unit as keyof typeof UNIT_SECONDS];
    return `${field.sql(statement)} ${operator} now() - make_interval(secs => ${statement.parameter(Math.min(seconds, 1e10))}::float8)`;
  }
  const time = zonedTime(text, statement.zone);
  if (!time)
    throw invalid(
      `"${field.name}" is compared with a date (2026-01-31, 2026-01-31T12:00, 2026-01-31T12:00Z) or an age (90s, 15m, 6h, 2d, 1w), not "${text}".`,
    );
  return `${field.sql(statement)} ${operator} ${statement.parameter(time)}::timestamptz`;
}

const numberOf = (text: string): number | null =>
  /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?$/i.test(text) ? Number(text) : null;

function comparedNumber({ field, operator }: Comparison, { text }: Value, statement: Statement): string {
  const value = numberOf(text);
  if (value === null || operator === "~")
    throw invalid(`"${field.name}" is compared with a number by =, !=, <, <=, > or >=, not "${operator} ${text}".`);
  return `${field.sql(statement)} ${operator} ${statement.parameter(value)}::float8`;
}

function comparedJson({ field, operator }: Comparison, { text, quoted }: Value, statement: Statement): string {
  const sql = field.sql(statement);
  const asText = `(${sql} #>> '{}')`;
  const asNumber = `(CASE WHEN jsonb_typeof(${sql}) = 'number' THEN ${asText}::float8 END)`;
  const value = quoted ? null : numberOf(text);
  if (operator === "~") return contains(asText, statement.parameter(text));
  if (operator === "=") {
    const equal = `${asText} = ${statement.parameter(text)}::text`;
    return value === null ? equal : `(${equal} OR ${asNumber} = ${statement.parameter(value)}::float8)`;
  }
  if (value === null) throw invalid(`"${field.name} ${operator}" is compared with a number, not "${text}".`);
  return `${asNumber} ${operator} ${statement.parameter(value)}::float8`;
}
