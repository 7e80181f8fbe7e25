import { z } from "zod";
import { BYTE_OF, strictTextOfBytes, textOfBytes } from "./bytes.ts";
import { Pattern, settingsOf, unsupported, type Part } from "./part.ts";
import { regexOf } from "./pattern.ts";

/** Tokens -> texts, which are then joined. */
type Step = (tokens: string[]) => string[];

const BUILDERS: Record<string, (part: Part) => Step> = {
  ByteLevel: () => byteLevel,
  ByteFallback: () => byteFallback,
  Fuse: () => (tokens) => [tokens.join("")],
  Replace: (part) => {
    const { pattern, content } = settingsOf(part, { pattern: Pattern, content: z.string() });
    const regex = regexOf(pattern);
    return (tokens) => tokens.map((token) => token.replaceAll(regex, () => content));
  },
  Strip: (part) => {
    const { content, start, stop } = settingsOf(part, {
      content: z.string(),
      start: z.int().default(0),
      stop: z.int().default(0),
    });
    return (tokens) => tokens.map((token) => stripped([...token], content, start, stop));
  },
  WordPiece: (part) => {
    const { prefix, cleanup } = settingsOf(part, {
      prefix: z.string().default("##"),
      cleanup: z.boolean().default(true),
    });
    return (tokens) =>
      tokens.map((token, at) => {
        const bare = at > 0 && token.startsWith(prefix) ? token.slice(prefix.length) : at > 0 ? ` ${token}` : token;
        return cleanup ? cleanedWordPiece(bare) : bare;
      });
  },
  Metaspace: (part) => {
    const settings = settingsOf(part, {
      replacement: z.string().default("▁"),
      prepend_scheme: z.enum(["always", "first", "never"]).nullish(),
      add_prefix_space: z.boolean().nullish(),
    });
    const keeps = settings.add_prefix_space === false || settings.prepend_scheme === "never";
    return (tokens) => tokens.map((token, at) => token.replaceAll(settings.replacement, at === 0 && !keeps ? "" : " "));
  },
  BPEDecoder: (part) => {
    const { suffix } = settingsOf(part, { suffix: z.string().default("</w>") });
    return (tokens) => tokens.map((token, at) => token.replaceAll(suffix, at === tokens.length - 1 ? "" : " "));
  },
  Sequence: (part) => {
    const { decoders } = settingsOf(part, { decoders: z.array(z.looseObject({ type: z.string() })) });
    const steps = decoders.map((one) => stepOf(one));
    return (tokens) => steps.reduce((done, step) => step(done), tokens);
  },
};

function stepOf(part: Part): Step {
  const build = Object.hasOwn(BUILDERS, part.type) ? BUILDERS[part.type] : undefined;
  if (build) return build(part);
  throw unsupported(`a decoder ${JSON.stringify(part.type)}`);
}

/** Tokens -> text. @throws UniArmError tokenizer-unsupported */
export function decoderOf(part: Part | null | undefined): (tokens: string[]) => string {
  if (part == null) return (tokens) => tokens.join(" ");
  const step = stepOf(part);
  return (tokens) => step(tokens).join("");
}

/** A token with a character that stands for no byte is text as it is. */
function byteLevel(tokens: string[]): string[] {
  const bytes = tokens.flatMap((token): number[] => {
    const own = [...token].map((character) => BYTE_OF.get(character));
    return own.includes(undefined) ? [...new TextEncoder().encode(token)] : (own as number[]);
  });
  return [textOfBytes(bytes)];
}

const BYTE_TOKEN = /^<0x([0-9A-Fa-f]{2})>$/;

/** Runs of <0xNN> as text; a run that is no UTF-8 is one U+FFFD a byte. */
function byteFallback(tokens: string[]): string[] {
  const texts: string[] = [];
  let bytes: number[] = [];
  const flush = (): void => {
    if (bytes.length > 0) texts.push(strictTextOfBytes(bytes) ?? "\ufffd".repeat(bytes.length));
    bytes = [];
  };
  for (const token of tokens) {
    const hex = BYTE_TOKEN.exec(token)?.[1];
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else {
      flush();
      texts.push(token);
    }
  }
  flush();
  return texts;
}

function stripped(token: readonly string[], content: string, start: number, stop: number): string {
  let [first, last] = [0, token.length];
  while (first < Math.min(start, token.length) && token[first] === content) first++;
  while (last > first && last > token.length - stop && token[last - 1] === content) last--;
  return token.slice(first, last).join("");
}

/** What every clean-up takes back: blanks before marks and contractions. */
export function cleaned(text: string): string {
  return text
    .replaceAll(" .", ".")
    .replaceAll(" ?", "?")
    .replaceAll(" !", "!")
    .replaceAll(" ,", ",")
    .replaceAll(" ' ", "'")
    .replaceAll(" n't", "n't")
    .replaceAll(" 'm", "'m")
    .replaceAll(" 's", "'s")
    .replaceAll(" 've", "'ve")
    .replaceAll(" 're", "'re");
}

const cleanedWordPiece = (token: string): string => cleaned(token.replaceAll(" do not", " don't"));
