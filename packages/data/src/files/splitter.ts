/** A JSON value as text, and the line that it begins on. */
export interface Piece {
  text: string;
  line: number;
}

/** Cuts the chunks of a text into the JSON values that it holds. */
export interface Splitter {
  split: (chunk: Buffer) => Piece[];
  /** the last value; call it after the last chunk */
  finish: () => Piece[];
}
