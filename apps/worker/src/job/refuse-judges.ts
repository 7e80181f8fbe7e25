import { UniArmError } from "@uniarm/core/schema";
import { judgesAsked } from "@uniarm/pipeline/schema";

/**
 * An endpoint is asked from this machine, with a key of this worker's environment: that is for whoever started the worker to
 * allow, address by address, so that no launch sends a key elsewhere.
 * @param allowed URL or URL=VARIABLE, with blanks between them
 * @throws UniArmError judge-not-allowed
 */
export function refuseJudges(config: unknown, allowed: string): void {
  const known = allowed.split(/\s+/).filter(Boolean).map(permitted);
  for (const { url, keyVariable } of judgesAsked(config)) {
    const isAllowed = known.some((one) => one.url === trimmed(url) && one.keyVariable === keyVariable);
    if (isAllowed) continue;
    const asked = keyVariable === undefined ? url : `${url}=${keyVariable}`;
    throw new UniArmError(
      "judge-not-allowed",
      `This worker asks no judge at ${url}${keyVariable === undefined ? "" : ` with the key in ${keyVariable}`}. ` +
        `Whoever runs it allows that with \`uniarm worker --judge ${asked}\`, or the server's own with \`uniarm serve --judge ${asked}\`; ` +
        "`uniarm judge` and `uniarm study run` ask from your own machine.",
    );
  }
}

/** An address holds no "=": the schema of judges refuses those that have a query. */
function permitted(text: string): { url: string; keyVariable: string | undefined } {
  const [url = "", keyVariable] = text.split("=");
  return { url: trimmed(url), keyVariable };
}

const trimmed = (url: string): string => url.replace(/\/+$/, "");
