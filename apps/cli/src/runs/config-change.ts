import { UniArmError } from "@uniarm/core/schema";

/** optimizer.learningRate=0.001 -> { optimizer: { learningRate: 0.001 } } @throws UniArmError change-invalid */
export function configChange(text: string): Record<string, unknown> {
  const at = text.indexOf("=");
  if (at < 1)
    throw new UniArmError(
      "change-invalid",
      `"${text}" is not a change. Write KEY=VALUE, e.g. optimizer.learningRate=0.001`,
    );
  const keys = text.slice(0, at).split(".");
  return keys.reduceRight<unknown>((inner, key) => ({ [key]: inner }), valueOf(text.slice(at + 1))) as Record<
    string,
    unknown
  >;
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // not JSON: it is the text itself
  }
}
