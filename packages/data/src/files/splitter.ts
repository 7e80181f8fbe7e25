/** A JSON value as text, and the line that it begins on. */
export interface Piece {
  text: string;
  line: number;
}

/** Cuts the chunks of a text into the JSON values that it holds. */
export interface Splitter {
  split: (chunk: Buffer) => Piece[];
  /** what is left after the last chunk. @throws UniArmError data-invalid when the text ends too early */
  finish: () => Piece[];
}
