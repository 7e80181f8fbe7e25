import { textOf, type Piece } from "../pieces.ts";
import type { TokenizerJson } from "../tokenizer-files.ts";
import { addedTokenFinder, type AddedToken } from "./added-tokens.ts";
import { decoderOf } from "./decoders.ts";
import { modelOf } from "./models.ts";
import { normalizerOf } from "./normalizers.ts";
import { frameOf, type Frame } from "./post-processor.ts";
import { lostItsStart, preTokenizerOf } from "./pre-tokenizers.ts";

/** A tokenizer.json as functions. */
export interface Pipeline {
  /** Pieces of a dialogue as one text; special tokens count where the format wrote them, other added tokens everywhere. */
  encode(pieces: readonly Piece[]): number[];
  /** token -> id, added tokens included */
  readonly ids: ReadonlyMap<string, number>;
  readonly tokens: ReadonlyMap<number, string>;
  readonly special: readonly AddedToken[];
  readonly frame: Frame;
  /** ids of `tokens` -> text */
  decode(ids: readonly number[]): string;
}

/** @throws UniArmError tokenizer-unsupported */
export function pipelineOf(json: TokenizerJson, addedTokens: readonly AddedToken[]): Pipeline {
  const normalize = normalizerOf(json.normalizer);
  const preTokenize = preTokenizerOf(json.pre_tokenizer);
  const { model, vocabulary } = modelOf(json.model);
  const special = addedTokens.filter((token) => token.special);
  const isRaw = (token: AddedToken): boolean => token.special || !token.normalized;
  const find = addedTokenFinder(addedTokens.filter(isRaw).map((token) => ({ ...token, written: token.content })));
  const later = addedTokens.filter((token) => !isRaw(token));
  const findNormalized = addedTokenFinder(later.map((token) => ({ ...token, written: normalize(token.content) })));

  /** A stretch of text between tokens; `first`: whether the whole text begins with it. */
  const encodeText = (text: string, first: boolean): number[] => {
    const normalized = normalize(text);
    const isFirst = first && !lostItsStart(text, normalized);
    return findNormalized(normalized).flatMap((section) =>
      "id" in section ? [section.id] : model(preTokenize(section.text, isFirst && section.start === 0)),
    );
  };

  const tokens = new Map([
    ...[...vocabulary].map(([token, id]) => [id, token] as const),
    ...addedTokens.map(({ content, id }) => [id, content] as const),
  ]);
  const written = new Map(later.map(({ content, id }) => [id, normalize(content)])); // they are decoded as they were found
  const decode = decoderOf(json.decoder);
  return {
    encode: (pieces) => {
      const isFormat = formatPlaces(pieces);
      const sections = find(textOf(pieces), (token, start, end) => !token.special || isFormat(start, end));
      return sections.flatMap((section) =>
        "id" in section ? [section.id] : encodeText(section.text, section.start === 0),
      );
    },
    ids: new Map([...vocabulary, ...addedTokens.map(({ content, id }) => [content, id] as const)]),
    tokens,
    special,
    frame: frameOf(json.post_processor),
    decode: (ids) => decode(ids.map((id) => written.get(id) ?? tokens.get(id)!)),
  };
}

/** Whether a format wrote everything from one character to another, without content between, be it empty. */
function formatPlaces(pieces: readonly Piece[]): (start: number, end: number) => boolean {
  const spans: { start: number; end: number }[] = [];
  let at = 0;
  let goesOn = false;
  for (const { kind, text } of pieces) {
    const end = at + text.length;
    if (kind === "format" && goesOn) spans.at(-1)!.end = end;
    else if (kind === "format") spans.push({ start: at, end });
    goesOn = kind === "format";
    at = end;
  }
  return (start, end) => spans.some((span) => span.start <= start && end <= span.end);
}
