/** What a program needs of our environment to find its tools and write its language; keys, tokens and addresses are no part of it. */
const PASSED = new Set([
  "CUDA_VISIBLE_DEVICES",
  "HOME",
  "LANG",
  "LANGUAGE",
  "LD_LIBRARY_PATH",
  "LOGNAME",
  "PATH",
  "PYTHONPATH",
  "TMPDIR",
  "TZ",
  "USER",
  "VIRTUAL_ENV",
]);

/** The environment of a program that scores. */
export const programEnvironment = (ours: NodeJS.ProcessEnv): Record<string, string> => ({
  ...Object.fromEntries(
    Object.entries(ours).filter(
      (entry): entry is [string, string] =>
        entry[1] !== undefined && (PASSED.has(entry[0]) || /^LC_[A-Z]+$/.test(entry[0])),
    ),
  ),
  PYTHONUNBUFFERED: "1", // a line that stays in Python's buffer would never arrive
});
