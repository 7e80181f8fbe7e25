/** What browsers have of it and TypeScript does not know yet. */
interface ExactJson {
  parse: (text: string, reviver: (key: string, value: unknown, context?: { source?: string }) => unknown) => unknown;
  rawJSON?: (source: string) => object;
  isRawJSON?: (value: unknown) => boolean;
}
const exact = JSON as unknown as ExactJson;

/**
 * JSON whose numbers are written again as they were read: 1e400, 0.10 and integers of twenty digits are no double
 * that comes out the same. Browsers before 2025 read them as doubles.
 */
export const parseExactly = (text: string): unknown =>
  exact.parse(text, (_, value, context) =>
    typeof value === "number" && context?.source !== undefined && exact.rawJSON ? exact.rawJSON(context.source) : value,
  );

/** A number as `parseExactly` keeps it. */
export const isRaw = (value: unknown): boolean => exact.isRawJSON?.(value) === true;
