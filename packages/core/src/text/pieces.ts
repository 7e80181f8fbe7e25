/**
 * A stretch of a written-out dialogue. Special tokens in `format` pieces are meant as such; what users and models wrote is
 * `content`, where "</s>" is four characters.
 */
export interface Piece {
  readonly kind: "format" | "content";
  readonly text: string;
}

export const format = (text: string): Piece => ({ kind: "format", text });
export const content = (text: string): Piece => ({ kind: "content", text });

/** What the pieces read as. */
export const textOf = (pieces: readonly Piece[]): string => pieces.map(({ text }) => text).join("");

/** The pieces from character `start` to `end` of their text. */
export function slicePieces(pieces: readonly Piece[], start: number, end = Infinity): Piece[] {
  let at = 0;
  return pieces.flatMap((piece) => {
    const from = at;
    at += piece.text.length;
    const text = piece.text.slice(Math.max(0, start - from), Math.max(0, end - from));
    const isPart = piece.text === "" && start <= from && from < end; // it parts what stands around it
    return text === "" && !isPart ? [] : [{ ...piece, text }];
  });
}
