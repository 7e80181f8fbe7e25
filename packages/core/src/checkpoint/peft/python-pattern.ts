import { createContext, Script } from "node:vm";
import { UniArmError } from "../../schema/error.ts";

/** A file's pattern is matched against a few hundred short names; one that takes longer is broken or hostile. */
const LIMIT_MS = 300;

/** Where Python's pattern must match: the whole name, or from its start on. */
export type Anchor = "whole" | "start";

/**
 * Which of these names a pattern of Python's `re` matches.
 * @param what names the key that the pattern stands in, for the error
 * @throws UniArmError adapter-unsupported for a pattern that is broken, means something else here, or takes too long
 */
export function matching(pattern: string, names: readonly string[], anchor: Anchor, what: string): Set<string> {
  const refuse = (why: string): UniArmError =>
    new UniArmError(
      "adapter-unsupported",
      `${what} has the pattern ${JSON.stringify(pattern.slice(0, 200))}, which ${why}. ` +
        "Write the names of the modules as a list instead: the adapter is the same.",
    );
  const { source, flags } = translated(pattern);
  if (/\[\^?\]|\(\?[>(#]|[*+?}]\+/.test(source)) throw refuse("is read otherwise by Python than here");
  let script: Script;
  try {
    const whole = `^(?:${source})${anchor === "whole" ? "$" : ""}`;
    new RegExp(whole, flags);
    script = new Script(`names.filter((name) => new RegExp(${JSON.stringify(whole)}, "${flags}").test(name))`);
  } catch {
    throw refuse("is no regular expression that can be read here");
  }
  try {
    const found: unknown = script.runInContext(createContext({ names: [...names] }), { timeout: LIMIT_MS });
    return new Set(found as string[]);
  } catch {
    throw refuse(`takes longer than ${LIMIT_MS} ms`);
  }
}

/** Python's spelling of groups, ends and repetition in ours. */
function translated(pattern: string): { source: string; flags: string } {
  const ignoresCase = pattern.startsWith("(?i)");
  const source = (ignoresCase ? pattern.slice(4) : pattern)
    .replaceAll("(?P<", "(?<")
    .replaceAll(/\(\?P=(\w+)\)/g, String.raw`\k<$1>`)
    .replaceAll(/\\Z/g, "$")
    .replaceAll(/\\A/g, "^")
    .replaceAll("{,", "{0,");
  return { source, flags: ignoresCase ? "i" : "" };
}
