/**
 * A row that has two responses to one prompt, one after the other. Its columns from `second` on follow column `start - 1`, as
 * those from `start` on do, and see none of the columns between: the prompt is computed once for both (prefix sharing,
 * arXiv 2410.20305).
 */
export interface Fork {
  /** column of the first response's first token */
  readonly start: number;
  /** column of the second response's first token */
  readonly second: number;
  /** columns that are not padding */
  readonly end: number;
}

/** How many columns before this one are not of its text. */
export const gapBefore = ({ start, second }: Fork, column: number): number => (column >= second ? second - start : 0);

/** The column that a column's token follows. */
export const columnBefore = (fork: Fork | undefined, column: number): number =>
  column - 1 - (column === fork?.second ? gapBefore(fork, column) : 0);

/** Tokens of the longer of a row's two texts. */
export const longestText = (fork: Fork): number => Math.max(fork.second, fork.end - gapBefore(fork, fork.second));
