import js from "@eslint/js";
import prettier from "eslint-config-prettier";
import reactHooks from "eslint-plugin-react-hooks";
import { defineConfig, globalIgnores } from "eslint/config";
import globals from "globals";
import tseslint from "typescript-eslint";
import { appsApart, boundaries, plainKeys, sameSeedSameBytes } from "./tooling/eslint/src/boundaries.js";

export default defineConfig(
  // the last: modules that tests write beside a package's sources and run
  globalIgnores(["**/dist/", "**/golden/", "runs/", "coverage/", "packages/*/*.mjs", "packages/db/src/generated/"]),
  js.configs.recommended,
  tseslint.configs.recommendedTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      globals: globals.nodeBuiltin,
      parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname },
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: ["error", "always", { null: "ignore" }],
      "no-console": "error", // what is printed goes through process.stdout, so that it can be told from what is logged
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-explicit-any": "error",
      "@typescript-eslint/no-floating-promises": "error",
      "@typescript-eslint/switch-exhaustiveness-check": ["error", { considerDefaultExhaustiveForUnions: true }],
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }],
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      "@typescript-eslint/no-non-null-assertion": "off", // array[i]! in numeric loops, where the index is in range
      "@typescript-eslint/non-nullable-type-assertion-style": "off",
      "@typescript-eslint/consistent-type-definitions": "off",
      "@typescript-eslint/prefer-for-of": "off", // indexes are meaningful in tensor code
      "@typescript-eslint/prefer-nullish-coalescing": ["error", { ignorePrimitives: { string: true } }], // empty variable = none
    },
  },
  {
    files: ["apps/tracker/src/**/*.{ts,tsx}"],
    extends: [reactHooks.configs.flat.recommended],
    // a warning about the React Compiler, which is not used
    rules: { "react-hooks/incompatible-library": "off" },
  },
  { files: ["apps/tracker/**/*.{ts,tsx}"], languageOptions: { globals: globals.browser } },
  { files: ["apps/tracker/public/*.js"], languageOptions: { globals: globals.browser } },
  { files: ["examples/**/*.ts"], rules: { "no-console": "off" } }, // as their readers would write it
  boundaries,
  appsApart,
  plainKeys,
  sameSeedSameBytes,
  // expect.any(...) and JSON.parse(...) are of type any
  { files: ["**/test/**/*.ts", "**/*.mjs"], rules: { "@typescript-eslint/no-unsafe-assignment": "off" } },
  prettier,
);
