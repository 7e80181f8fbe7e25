import { UniArmError } from "@uniarm/core/schema";

/**
 * The API key in the variable that a config names.
 * @throws UniArmError judge-key-missing, judge-key-invalid; neither repeats the value
 */
export function keyIn(variable: string, environment: Readonly<Record<string, string | undefined>>): string {
  const key = (environment[variable] ?? "").trim();
  if (key === "")
    throw new UniArmError(
      "judge-key-missing",
      `The environment variable ${variable}, which keyVariable names, is not set or empty. Set it to the endpoint's API key.`,
    );
  if (!/^[\x21-\x7e]+$/.test(key))
    // what an HTTP header takes; fetch's own error would repeat it
    throw new UniArmError(
      "judge-key-invalid",
      `The environment variable ${variable} holds blanks, line ends or characters outside of ASCII, which no API key has. Set it anew.`,
    );
  return key;
}

/** Endpoints without accounts are given words such as "none" for a key; taking those out of texts would only spoil them. */
const SHORTEST_SECRET = 8;

/** Takes a key out of what an endpoint says: nothing that it sends may carry the key into a file or an error. */
export function withoutKey(key: string | null): (text: string) => string {
  if (key === null || key.length < SHORTEST_SECRET) return (text) => text;
  const forms = new Set([key, JSON.stringify(key).slice(1, -1), encodeURIComponent(key)]);
  return (text) => [...forms].reduce((left, form) => left.replaceAll(form, "[key]"), text);
}
