import { z } from "zod";
import { BYTE_CHARACTERS } from "./bytes.ts";
import { Pattern, settingsOf, unsupported, type Part } from "./part.ts";
import { regexOf, splitBy, type Behavior } from "./pattern.ts";
import { splitByScript } from "./unicode-scripts.ts";

/** A stretch of text -> the words that the model cuts further; `first`: whether the whole text begins with it. */
export type PreTokenizer = (text: string, first: boolean) => string[];

const WHITE = /\p{White_Space}/gu;
const PUNCTUATION = /[\p{P}!-/:-@[-`{-~]/gu;
const Behaviour = z
  .enum(["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"])
  .default("Isolated");
/** The pattern of GPT-2, with white space as Unicode has it. */
const GPT2_WORD = "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";

const by =
  (pattern: RegExp, behavior: Behavior, invert = false): PreTokenizer =>
  (text) =>
    splitBy(text, pattern, behavior, invert);

const BUILDERS: Record<string, (part: Part) => PreTokenizer> = {
  Whitespace: () =>
    by(
      /[\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}]+|[^\p{Alphabetic}\p{M}\p{Nd}\p{Pc}\p{Join_Control}\p{White_Space}]+/gu,
      "Removed",
      true,
    ),
  WhitespaceSplit: () => by(WHITE, "Removed"),
  BertPreTokenizer: () => (text) =>
    splitBy(text, WHITE, "Removed").flatMap((word) => splitBy(word, PUNCTUATION, "Isolated")),
  Punctuation: (part) => by(PUNCTUATION, settingsOf(part, { behavior: Behaviour }).behavior),
  Digits: (part) => {
    const { individual_digits: each } = settingsOf(part, { individual_digits: z.boolean().default(false) });
    return by(/\p{N}/gu, each ? "Isolated" : "Contiguous");
  },
  CharDelimiterSplit: (part) => {
    const { delimiter } = settingsOf(part, { delimiter: z.string() });
    return by(regexOf({ String: delimiter }), "Removed");
  },
  FixedLength: (part) => {
    const { length } = settingsOf(part, { length: z.int().positive() });
    return (text) => {
      const characters = [...text];
      return Array.from({ length: Math.ceil(characters.length / length) }, (_, at) =>
        characters.slice(at * length, (at + 1) * length).join(""),
      );
    };
  },
  UnicodeScripts: () => splitByScript,
  Split: (part) => {
    const { pattern, behavior, invert } = settingsOf(part, {
      pattern: Pattern,
      behavior: Behaviour,
      invert: z.boolean().default(false),
    });
    return by(regexOf(pattern), behavior, invert);
  },
  ByteLevel: (part) => {
    const { add_prefix_space: prefix, use_regex: cuts } = settingsOf(part, {
      add_prefix_space: z.boolean().default(true),
      use_regex: z.boolean().default(true),
    });
    const words = regexOf({ Regex: GPT2_WORD });
    return (given) => {
      const text = prefix && !given.startsWith(" ") ? ` ${given}` : given;
      return (cuts ? splitBy(text, words, "Isolated") : [text]).map(asBytes);
    };
  },
  Metaspace: metaspace,
  Sequence: (part) => {
    const { pretokenizers } = settingsOf(part, { pretokenizers: z.array(z.looseObject({ type: z.string() })) });
    const steps = pretokenizers.map((one) => preTokenizerOf(one));
    return (text, first) => {
      const found = steps.reduce(
        ({ words, isFirst }, step) => {
          const cut = words.flatMap((word, at) => (word === "" ? [] : step(word, isFirst && at === 0)));
          return { words: cut, isFirst: isFirst && !lostItsStart(words[0] ?? "", cut[0] ?? "") };
        },
        { words: [text], isFirst: first },
      );
      return found.words;
    };
  },
};

/** @throws UniArmError tokenizer-unsupported */
export function preTokenizerOf(part: Part | null | undefined): PreTokenizer {
  if (part == null) return (text) => [text];
  const build = Object.hasOwn(BUILDERS, part.type) ? BUILDERS[part.type] : undefined;
  if (build) return build(part);
  throw unsupported(`a pre-tokenizer ${JSON.stringify(part.type)}`);
}

/** Whether what was cut off a text is not its beginning; other text was made of it, from its beginning on. */
export const lostItsStart = (text: string, first: string): boolean => !text.startsWith(first) && text.includes(first);

const encoder = new TextEncoder();
/** Each byte of a text as the printable character that stands for it. */
const asBytes = (text: string): string => Array.from(encoder.encode(text), (byte) => BYTE_CHARACTERS[byte]!).join("");

function metaspace(part: Part): PreTokenizer {
  const settings = settingsOf(part, {
    replacement: z.string().default("▁"),
    prepend_scheme: z.enum(["always", "first", "never"]).nullish(),
    add_prefix_space: z.boolean().nullish(), // older files
    split: z.boolean().default(true),
  });
  const { replacement, split } = settings;
  const scheme = settings.add_prefix_space === false ? "never" : (settings.prepend_scheme ?? "always");
  const pattern = regexOf({ String: replacement });
  return (given, first) => {
    const text = given.replaceAll(" ", replacement);
    const prepends = scheme === "always" || (scheme === "first" && first);
    const whole = prepends && !text.startsWith(replacement) ? replacement + text : text;
    return split ? splitBy(whole, pattern, "MergedWithNext") : [whole];
  };
}
