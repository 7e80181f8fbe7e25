import { fail } from "./values.ts";

/**
 * What a template may take and make: it is somebody else's program. Its work is counted, not timed: a busy machine must
 * not refuse what an idle one takes. All of it is a second or two.
 */
export const LIMITS = { steps: 2_000_000, characters: 16_000_000, elements: 1_000_000 } as const;

/** Of a value so large that one step could take as long as many. */
const CHARACTERS_A_STEP = 64;
const ELEMENTS_A_STEP = 8;

/** Counts a step of a template for each value that it comes by, and more for a large one. @throws TemplateError */
export function countSteps(): (value: unknown) => void {
  let steps = 0;
  return (value) => {
    steps += 1;
    if (typeof value === "string") {
      checkLength(value.length);
      steps += value.length / CHARACTERS_A_STEP;
    } else if (Array.isArray(value)) {
      checkCount(value.length);
      steps += value.length / ELEMENTS_A_STEP;
    }
    if (steps > LIMITS.steps) fail(`it takes more than ${LIMITS.steps} steps`);
  };
}

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
