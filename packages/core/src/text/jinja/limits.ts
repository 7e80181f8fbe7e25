import { fail } from "./values.ts";

/** What a template may take and make: it is somebody else's program. */
export const LIMITS = { timeMs: 1000, characters: 16_000_000, elements: 1_000_000 } as const;

/** The text that some work writes part by part. @throws TemplateError when it is too long */
export function writtenBy(work: (write: (text: string) => void) => void): string {
  const parts: string[] = [];
  let length = 0;
  work((text) => {
    length += text.length;
    checkLength(length);
    parts.push(text);
  });
  return parts.join("");
}

/** @throws TemplateError */
export function checkLength(characters: number): void {
  if (characters > LIMITS.characters)
    fail(`it makes a text of ${characters} characters; the limit is ${LIMITS.characters}`);
}

/** @throws TemplateError */
export function checkCount(elements: number): void {
  if (elements > LIMITS.elements) fail(`it makes a list of ${elements} elements; the limit is ${LIMITS.elements}`);
}
