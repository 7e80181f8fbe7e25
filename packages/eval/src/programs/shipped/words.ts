/** What a program that ships sees of an answer. */
export interface Answer {
  response: string;
}

/** Words of a text: letters and digits, with hyphens and apostrophes between them. */
export const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}]+(?:['’-][\p{L}\p{N}]+)*/gu) ?? [];
