/** The direction of the workspace as lint rules: core <- trainer, decoder, eval, tiny-world, client <- apps. */

const SIBLINGS = ["trainer", "decoder", "eval", "tiny-world", "data", "db"];

const deepPaths = {
  regex: "^@uniarm/[^/]+/(?!schema$|testing$|exact$|files$)",
  message:
    "A package is entered by its doors: its name, core's ./schema and ./testing, tiny-world's ./exact, client's ./files.",
};
const otherFolders = {
  regex:
    "(^|/)\\.\\./(packages|apps)/|(^|/)\\.\\./\\.\\./tooling/|/\\.\\./(core|trainer|decoder|eval|tiny-world|data|db|client)/",
  message: "Import another package by its name, not by a path into its folder.",
};
const fakes = { regex: "^@uniarm/core/testing$", message: "Fakes are for tests." };

/** @param {readonly string[]} names packages that may not be imported @param {string} message */
const forbid = (names, message) => ({ regex: `^@uniarm/(${names.join("|")})(/|$)`, message });

/** @param {string[]} files @param {object[]} patterns @returns {import("eslint").Linter.Config[]} */
const restrict = (files, patterns) => {
  /** @param {string} folder @param {object[]} more @returns {import("eslint").Linter.Config} */
  const of = (folder, more) => ({
    files: files.map((path) => `${path}/${folder}/**/*.{ts,tsx}`),
    rules: { "no-restricted-imports": ["error", { patterns: [...patterns, ...more, deepPaths, otherFolders] }] },
  });
  return [of("src", [fakes]), of("test", [])];
};

const siblings = SIBLINGS.flatMap((name) => {
  const others = SIBLINGS.filter((other) => other !== name);
  const message = "Sibling packages do not import each other: they meet in @uniarm/core/schema.";
  return restrict([`packages/${name}`], [forbid([...others, "client", "cli"], message)]);
});

export const boundaries = [
  ...restrict(
    ["packages/core"],
    [forbid([...SIBLINGS, "core", "cli"], "core imports no other package, and itself by paths.")],
  ),
  ...siblings,
  ...restrict(
    ["packages/client"],
    [forbid([...SIBLINGS, "pipeline", "cli"], "The client needs core and a server, no more.")],
  ),
  ...restrict(["apps/*"], []),
];

const NO_SPREAD_LITERAL =
  "Write the keys or items themselves: spread into a literal they are not checked for names that nobody reads.";

/** @type {{ selector: string, message: string }[]} */
const spreadLiterals = [
  { selector: "SpreadElement > ObjectExpression[properties.length>0]", message: NO_SPREAD_LITERAL },
  { selector: "SpreadElement > ArrayExpression[elements.length>0]", message: NO_SPREAD_LITERAL },
  { selector: "JSXSpreadAttribute > ObjectExpression", message: NO_SPREAD_LITERAL },
];

/** @type {import("eslint").Linter.Config} */
export const plainKeys = { rules: { "no-restricted-syntax": ["error", ...spreadLiterals] } };

/** What would make two runs differ. @type {import("eslint").Linter.Config} */
export const sameSeedSameBytes = {
  files: ["packages/*/src/**/*.ts"],
  ignores: ["packages/db/**"], // what is recorded has ids and times
  rules: {
    "no-restricted-properties": [
      "error",
      { object: "Math", property: "random", message: "Pass a Random down: createRandom(config.seed).fork(name)." },
      { object: "Date", property: "now", message: "Packages do not read the clock: the caller says what time it is." },
      {
        object: "crypto",
        property: "randomUUID",
        message: "Pass a Random down: createRandom(config.seed).fork(name).",
      },
    ],
    "no-restricted-syntax": [
      "error",
      ...spreadLiterals, // a rule's later setting replaces the earlier one
      {
        selector: "NewExpression[callee.name='Date'][arguments.length=0]",
        message: "Packages do not read the clock: the caller says what time it is.",
      },
    ],
  },
};
