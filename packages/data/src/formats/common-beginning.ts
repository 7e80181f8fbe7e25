/** Two texts that begin with their prompt -> prompt and answers; null where they have nothing in common. */
export interface SplitTexts {
  prompt: string;
  answers: [chosen: string, rejected: string];
}

/**
 * The prompt that two texts share, as TRL finds it: up to where they differ, and the space before that belongs to the
 * answers. Unlike there, a word that both begin alike (blue, black) is not cut.
 */
export function commonBeginning(chosen: string, rejected: string): SplitTexts | null {
  let cut = 0;
  while (cut < chosen.length && cut < rejected.length && chosen[cut] === rejected[cut]) cut++;
  while (cut > 0 && (isInside(chosen, cut) || isInside(rejected, cut))) cut--;
  if (cut > 0 && chosen[cut - 1] === " ") cut--;
  const prompt = chosen.slice(0, cut);
  return prompt.trim() === "" ? null : { prompt, answers: [chosen.slice(cut), rejected.slice(cut)] };
}

/** Whether a cut at this place would be inside a word, or inside a character of two units. */
const isInside = (text: string, cut: number): boolean =>
  isSecondUnit(text, cut) ||
  (ENDS_IN_WORD.test(text.slice(Math.max(0, cut - 2), cut)) && BEGINS_WORD.test(text.slice(cut, cut + 2)));

const isSecondUnit = (text: string, at: number): boolean => /^[\uDC00-\uDFFF]/.test(text.slice(at, at + 1));

const ENDS_IN_WORD = /[\p{L}\p{N}\p{M}]$/u;
const BEGINS_WORD = /^[\p{L}\p{N}\p{M}]/u;
