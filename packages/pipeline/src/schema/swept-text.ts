import { UniArmError } from "@uniarm/core/schema";
import { settingSteps } from "./with-setting.ts";
import type { SweptRange } from "./sweep.ts";

const RANGE = /^\s*([+-]?[\d.]+(?:e[+-]?\d+)?)\s*\.\.\s*([+-]?[\d.]+(?:e[+-]?\d+)?)\s*(?::\s*(log|linear))?\s*$/i;

/** What a setting takes, as people write it: "0.1, 0.2", "[1,2], [3]", "a,b"; "1e-5..1e-2:log", "1..8" are ranges to draw from. */
export function sweptValues(text: string): unknown[] | SweptRange {
  const [, from, to, scale] = RANGE.exec(text) ?? [];
  if (from !== undefined && Number.isFinite(Number(from)) && Number.isFinite(Number(to)))
    return {
      from: Number(from),
      to: Number(to),
      scale: scale?.toLowerCase() === "log" ? "log" : "linear",
      whole: /^[+-]?\d+$/.test(from) && /^[+-]?\d+$/.test(to!),
    };
  return parted(text).map(valueOf);
}

/** optimizer.learningRate=0.001,0.01 -> the path and its values. @throws UniArmError sweep-invalid */
export function sweptField(text: string): [path: string, values: unknown[] | SweptRange] {
  const at = text.indexOf("=");
  const path = text.slice(0, Math.max(0, at)).trim();
  const values = at < 0 ? [] : sweptValues(text.slice(at + 1));
  if (settingSteps(path) === null || (Array.isArray(values) && values.length === 0))
    throw new UniArmError(
      "sweep-invalid",
      `"${text}" names no setting with its values. Write KEY=VALUE,VALUE or KEY=FROM..TO[:log], e.g. optimizer.learningRate=0.001,0.01`,
    );
  return [path, values];
}

/** Commas separate, but for those inside of brackets, braces and quotes. */
function parted(text: string): string[] {
  const parts: string[] = [""];
  let depth = 0;
  let isQuoted = false;
  for (const [index, letter] of [...text].entries()) {
    if (letter === '"' && text[index - 1] !== "\\") isQuoted = !isQuoted;
    if (!isQuoted && "[{".includes(letter)) depth += 1;
    if (!isQuoted && "]}".includes(letter)) depth -= 1;
    if (letter === "," && depth === 0 && !isQuoted) parts.push("");
    else parts[parts.length - 1] += letter;
  }
  return parts.map((part) => part.trim()).filter((part) => part !== "");
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text; // not JSON: it is the text itself
  }
}
