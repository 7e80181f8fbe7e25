import { z } from "zod";
import { regexOf } from "./pattern.ts";
import { Pattern, settingsOf, trimEnd, trimStart, unsupported, type Normalizer, type Part } from "./part.ts";
import { precompiled } from "./precompiled.ts";

const flag = z.boolean();

const BUILDERS: Record<string, (part: Part) => Normalizer> = {
  NFC: () => (text) => text.normalize("NFC"),
  NFD: () => (text) => text.normalize("NFD"),
  NFKC: () => (text) => text.normalize("NFKC"),
  NFKD: () => (text) => text.normalize("NFKD"),
  Lowercase: () => lowercase,
  StripAccents: () => (text) => text.replaceAll(/\p{M}/gu, ""),
  Nmt: () => nmt,
  Strip: (part) => {
    const { strip_left: left, strip_right: right } = settingsOf(part, {
      strip_left: flag.default(true),
      strip_right: flag.default(true),
    });
    return (text) => {
      const start = left ? trimStart(text) : text;
      return right ? trimEnd(start) : start;
    };
  },
  Prepend: (part) => {
    const { prepend } = settingsOf(part, { prepend: z.string() });
    return (text) => (text === "" ? "" : prepend + text);
  },
  Replace: (part) => {
    const { pattern, content } = settingsOf(part, { pattern: Pattern, content: z.string() });
    const regex = regexOf(pattern);
    return (text) => text.replaceAll(regex, () => content);
  },
  Sequence: (part) => {
    const { normalizers } = settingsOf(part, { normalizers: z.array(z.looseObject({ type: z.string() })) });
    const steps = normalizers.map((one) => normalizerOf(one));
    return (text) => steps.reduce((done, step) => step(done), text);
  },
  BertNormalizer: bert,
  Precompiled: (part) => precompiled(settingsOf(part, { precompiled_charsmap: z.string() }).precompiled_charsmap),
};

/** @throws UniArmError tokenizer-unsupported */
export function normalizerOf(part: Part | null | undefined): Normalizer {
  if (part == null) return (text) => text;
  const build = Object.hasOwn(BUILDERS, part.type) ? BUILDERS[part.type] : undefined;
  if (build) return build(part);
  throw unsupported(`a normalizer ${JSON.stringify(part.type)}`);
}

/** Each character by itself: a sigma at the end of a word stays as any other. */
function lowercase(text: string): string {
  return [...text].map((character) => character.toLowerCase()).join("");
}

const CHINESE =
  /[\u4e00-\u9fff\u3400-\u4dbf\u{20000}-\u{2a6df}\u{2a700}-\u{2b73f}\u{2b740}-\u{2b81f}\u{2b920}-\u{2ceaf}\uf900-\ufaff\u{2f800}-\u{2fa1f}]/gu;
const CLEANED = /[\0\ufffd]|(?![\t\n\r])\p{C}/gu;

function bert(part: Part): Normalizer {
  const settings = settingsOf(part, {
    clean_text: flag.default(true),
    handle_chinese_chars: flag.default(true),
    strip_accents: flag.nullish(),
    lowercase: flag.default(true),
  });
  const stripsAccents = settings.strip_accents ?? settings.lowercase;
  return (given) => {
    let text = given;
    if (settings.clean_text) text = text.replaceAll(CLEANED, "").replaceAll(/\p{White_Space}/gu, " ");
    if (settings.handle_chinese_chars) text = text.replaceAll(CHINESE, " $& ");
    if (stripsAccents) text = text.normalize("NFD").replaceAll(/\p{Mn}/gu, "");
    return settings.lowercase ? lowercase(text) : text;
  };
}

/* eslint-disable no-control-regex -- control characters are what this is about */
const NMT_REMOVED = new RegExp("[\\u0001-\\u0008\\u000b\\u000e-\\u001f\\u007f\\u008f\\u009f]", "g");
const NMT_BLANKS = new RegExp("[\\t\\n\\u000c\\r\\u1680\\u200b-\\u200f\\u2028\\u2029\\u2581\\ufeff\\ufffd]", "g");
/* eslint-enable no-control-regex */

/** SentencePiece's nmt rules: control characters go, exotic white space becomes a blank. */
function nmt(text: string): string {
  return text.replaceAll(NMT_REMOVED, "").replaceAll(NMT_BLANKS, " ");
}
