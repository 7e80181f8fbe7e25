import { UniArmError } from "../schema/error.ts";
import { blockTypeOf } from "./gguf/types.ts";

/** Bits of one element of each dtype that the format names. */
export const DTYPE_BITS = {
  F4: 4,
  F6_E2M3: 6,
  F6_E3M2: 6,
  BOOL: 8,
  U8: 8,
  I8: 8,
  F8_E4M3: 8,
  F8_E5M2: 8,
  F8_E8M0: 8,
  U16: 16,
  I16: 16,
  F16: 16,
  BF16: 16,
  U32: 32,
  I32: 32,
  F32: 32,
  U64: 64,
  I64: 64,
  F64: 64,
  C64: 64,
} as const;
export type Dtype = keyof typeof DTYPE_BITS;

/** Where a tensor lies: bytes [begin, end) after the header. */
export interface TensorSpan {
  name: string;
  /** one of `Dtype`, one of GGUF's blocks, or a newer one, which spoils the file for nobody who does not use the tensor */
  dtype: string;
  shape: number[];
  begin: number;
  end: number;
}

export interface SafetensorsHeader {
  metadata: Record<string, string>;
  /** in the order of their bytes */
  spans: Map<string, TensorSpan>;
  /** bytes of all tensors together */
  bodyBytes: number;
}

/**
 * Parses and checks the JSON of a safetensors header as untrusted text. Afterwards the spans tile
 * [0, bodyBytes) and each is as long as its dtype and shape say, where the dtype is a known one.
 * @throws UniArmError safetensors-header
 */
export function parseSafetensorsHeader(json: Uint8Array, path: string): SafetensorsHeader {
  const text = decodeUtf8(json, path);
  const root = parseJson(text, path);
  const twice = duplicateKey(text);
  if (twice !== null) throw invalid(path, `the name ${quote(twice)} appears twice in it; each name may appear once`);

  const entries = Object.entries(root);
  const metadata =
    entries.filter(([name]) => name === METADATA).map(([, value]) => parseMetadata(value, path))[0] ?? {};
  const spans = entries
    .filter(([name]) => name !== METADATA)
    .map(([name, value]) => [name, parseSpan(name, value, path)] as const);
  spans.sort(([, one], [, other]) => one.begin - other.begin || one.end - other.end); // empty tensors go before their neighbour
  return { metadata, spans: new Map(spans), bodyBytes: checkTiling(spans, path) };
}

/** An error about `path`'s header; `what` completes the sentence "... has an invalid header:". */
export function invalid(path: string, what: string, cause?: unknown): UniArmError {
  return new UniArmError(
    "safetensors-header",
    `${path} has an invalid safetensors header: ${what}. Make or download the file again.`,
    { cause },
  );
}

const METADATA = "__metadata__";
/** As all dtypes are called, also those to come. */
const DTYPE_NAME = /^[A-Z][A-Z0-9_]{0,30}$/;

function parseMetadata(value: unknown, path: string): Record<string, string> {
  if (isRecord(value) && Object.values(value).every((entry) => typeof entry === "string"))
    return value as Record<string, string>;
  throw invalid(path, `${METADATA} is ${show(value)}; expected an object of strings`);
}

function parseSpan(name: string, value: unknown, path: string): TensorSpan {
  const wrong = (what: string): UniArmError => invalid(path, `tensor ${quote(name)} ${what}`);
  if (!isRecord(value)) throw wrong(`is ${show(value)}; expected an object with dtype, shape and data_offsets`);
  const { dtype, shape, data_offsets: offsets } = value;
  if (typeof dtype !== "string" || !DTYPE_NAME.test(dtype)) {
    throw wrong(`has dtype ${show(dtype)}; expected a name such as ${Object.keys(DTYPE_BITS).join(", ")}`);
  }
  if (!isCounts(shape)) throw wrong(`has shape ${show(shape)}; expected a list of whole numbers, none negative`);
  if (!isCounts(offsets) || offsets.length !== 2) {
    throw wrong(`has data_offsets ${show(offsets)}; expected [begin, end], whole numbers, none negative`);
  }
  const [begin, end] = offsets as [number, number];
  if (begin > end) throw wrong(`has data_offsets [${begin}, ${end}]; its begin must not be after its end`);
  const elements = shape.reduce((product, axis) => product * axis, 1);
  const block = blockTypeOf(dtype);
  const isKnown = block !== undefined || Object.hasOwn(DTYPE_BITS, dtype);
  const bits = block ? (8 * block.bytes) / block.values : isKnown ? DTYPE_BITS[dtype as Dtype] : 8;
  const size = (elements * bits) / 8;
  if (!Number.isSafeInteger(Math.ceil(size)))
    throw wrong(`has shape [${shape.join(", ")}], which is more elements than any file holds`);
  if (isKnown && end - begin !== size) {
    throw wrong(
      `has ${end - begin} bytes, data_offsets [${begin}, ${end}]; expected ${size} bytes for ${dtype} of shape [${shape.join(", ")}]`,
    );
  }
  return { name, dtype, shape: [...shape], begin, end };
}

/** Spans in the order of their bytes must follow each other without hole or overlap; -> where the last one ends. */
function checkTiling(spans: readonly (readonly [string, TensorSpan])[], path: string): number {
  let next = 0;
  let previous = "";
  for (const [name, { begin, end }] of spans) {
    if (begin < next)
      throw invalid(
        path,
        `tensor ${quote(name)} begins at byte ${begin}, inside ${quote(previous)}, which ends at byte ${next}`,
      );
    if (begin > next)
      throw invalid(
        path,
        `bytes ${next} to ${begin} before tensor ${quote(name)} belong to no tensor; expected none between tensors`,
      );
    next = end;
    previous = name;
  }
  return next;
}

function decodeUtf8(json: Uint8Array, path: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(json);
  } catch (cause) {
    throw invalid(path, "it is not UTF-8 text", cause);
  }
}

function parseJson(text: string, path: string): Record<string, unknown> {
  let root: unknown;
  try {
    root = JSON.parse(text);
  } catch (cause) {
    throw invalid(path, `it is not JSON (${(cause as Error).message})`, cause);
  }
  if (!isRecord(root)) throw invalid(path, `it is ${show(root)}; expected an object of tensors`);
  return root;
}

/** The first key that an object of valid JSON text holds twice; JSON.parse would silently keep the last one. */
function duplicateKey(text: string): string | null {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at++) {
    const character = text[at];
    if (character === "{" || character === "[") open.push(new Set());
    else if (character === "}" || character === "]") open.pop();
    else if (character === '"') {
      const start = at;
      at = endOfString(text, at);
      if (!followedByColon(text, at)) continue;
      const key = JSON.parse(text.slice(start, at + 1)) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    }
  }
  return null;
}

/** Index of the quote that closes the string opened at `start`. */
function endOfString(text: string, start: number): number {
  let at = start + 1;
  while (text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
  return at;
}

function followedByColon(text: string, quoteAt: number): boolean {
  let at = quoteAt + 1;
  while (/[ \t\r\n]/.test(text[at] ?? "")) at++;
  return text[at] === ":";
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isCounts = (value: unknown): value is number[] =>
  Array.isArray(value) && value.every((entry) => Number.isSafeInteger(entry) && (entry as number) >= 0);

const SHOWN_CHARACTERS = 80;
const show = (value: unknown): string => clip(JSON.stringify(value) ?? "missing");
const quote = (name: string): string => clip(JSON.stringify(name));
const clip = (text: string): string =>
  text.length <= SHOWN_CHARACTERS ? text : `${text.slice(0, SHOWN_CHARACTERS)}...`;
