/**
 * The direction of the workspace as lint rules: core <- {trainer, decoder, eval, data, tiny-world} <- pipeline <- db; client
 * stands on core alone, slurm and kubernetes on it and on what jobs are; apps stand on all of them.
 */
import tseslint from "typescript-eslint";

const SIBLINGS = ["trainer", "decoder", "eval", "tiny-world", "data"];
const ABOVE_SIBLINGS = ["pipeline", "db", "client", "slurm", "kubernetes"];
const APPS = ["api", "cli", "tracker", "worker"];

const deepPaths = {
  regex: "^@uniarm/[^/]+/(?!schema$|testing$|exact$|files$|provenance$)",
  message: "A package is entered by its doors: the ones that `exports` in its package.json names.",
};
const otherFolders = {
  regex: "(^|/)\\.\\./(packages|apps)/|(^|/)\\.\\./(tooling/)?[a-z-]+/(src|test|tooling)/",
  message: "Import another package by its name, not by a path into its folder.",
};
const fakes = { regex: "^@uniarm/(core|db|slurm|kubernetes)/testing$", message: "Fakes are for tests." };

const DATABASE_WALL = "SQL and Prisma stay in packages/db: call one of its functions, or add one.";
const database = { regex: "^(@prisma/|(prisma|pg|pg-boss)(/|$))", message: DATABASE_WALL };

/** @param {readonly string[]} names packages that may not be imported @param {string} message */
const forbid = (names, message) => ({ regex: `^@uniarm/(${names.join("|")})(/|$)`, message });

/** @param {string[]} files @param {object[]} patterns @returns {import("eslint").Linter.Config[]} */
const restrict = (files, patterns) => {
  const wall = files.includes("packages/db") ? [] : [database];
  /** @param {string} folder @param {object[]} more @returns {import("eslint").Linter.Config} */
  const of = (folder, more) => ({
    files: files.map((path) => `${path}/${folder}/**/*.{ts,tsx}`),
    rules: {
      "no-restricted-imports": ["error", { patterns: [...patterns, ...more, ...wall, deepPaths, otherFolders] }],
    },
  });
  return [of("src", [fakes]), of("test", [])];
};

const siblings = SIBLINGS.flatMap((name) => {
  const others = SIBLINGS.filter((other) => other !== name);
  const message = "Sibling packages do not import each other: they meet in @uniarm/core/schema.";
  return restrict([`packages/${name}`], [forbid([...others, ...ABOVE_SIBLINGS, ...APPS], message)]);
});

/**
 * What is inside a Database is db's own. tooling/bench is let in by `poolOf` of db's ./testing: it fills a database with
 * 50 million points, which takes SQL of its own.
 * @type {import("eslint").Linter.Config}
 */
const closedDatabase = {
  files: ["apps/*/{src,test}/**/*.{ts,tsx}"],
  rules: {
    "no-restricted-properties": [
      "error",
      { property: "prisma", message: DATABASE_WALL },
      { property: "pool", message: DATABASE_WALL },
      { property: "boss", message: DATABASE_WALL },
    ],
  },
};

export const boundaries = [
  ...restrict(
    ["packages/core"],
    [forbid([...SIBLINGS, ...ABOVE_SIBLINGS, "core", ...APPS], "core imports no other package, and itself by paths.")],
  ),
  ...siblings,
  ...restrict(
    ["packages/pipeline"],
    [
      forbid(
        ["data", "db", "client", "slurm", "kubernetes", ...APPS],
        "The pipeline needs no server: it stands below the database.",
      ),
    ],
  ),
  ...restrict(
    ["packages/db"],
    [
      forbid(
        [...SIBLINGS, "client", "slurm", "kubernetes", ...APPS],
        "Of the packages, db imports core and @uniarm/pipeline/schema.",
      ),
      { regex: "^@uniarm/pipeline$", message: "db enters the pipeline by @uniarm/pipeline/schema, without tensors." },
    ],
  ),
  ...restrict(
    ["packages/client"],
    [
      forbid(
        [...SIBLINGS, "pipeline", "db", "slurm", "kubernetes", "cli", "tracker", "worker"],
        "The client needs core and a server, no more.",
      ),
    ],
  ),
  ...restrict(
    ["packages/slurm", "packages/kubernetes"],
    [
      forbid(
        [...SIBLINGS, "db", "client", ...APPS],
        "What speaks to a cluster needs core and what jobs are, no server.",
      ),
      {
        regex: "^@uniarm/pipeline$",
        message: "What speaks to a cluster enters the pipeline by @uniarm/pipeline/schema, without tensors.",
      },
    ],
  ),
  ...restrict(["apps/*"], []),
  closedDatabase,
];

/**
 * Apps are processes: they start each other by their doors (`import.meta.resolve`) and speak over HTTP, whose types the api has.
 * @type {import("eslint").Linter.Config}
 */
export const appsApart = {
  files: ["apps/*/src/**/*.{ts,tsx}", "packages/client/src/**/*.ts"],
  plugins: { "@typescript-eslint": /** @type {import("eslint").ESLint.Plugin} */ (tseslint.plugin) },
  rules: {
    // the rule of another name: it tells types apart, and leaves the settings of the other one as they are
    "@typescript-eslint/no-restricted-imports": [
      "error",
      {
        patterns: [
          { ...forbid(["api"], "Of the api only types are imported: import type."), allowTypeImports: true },
          forbid(["cli", "tracker", "worker"], "An app is started by its door, not imported: import.meta.resolve."),
        ],
      },
    ],
  },
};

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
