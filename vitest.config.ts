import { defineConfig } from "vitest/config";

const project = (name: string, folder: string) => ({
  test: { name, environment: "node" as const, include: [`${folder}/test/**/*.test.ts`], testTimeout: 60_000 },
});

export default defineConfig({
  test: {
    projects: [
      project("core", "packages/core"),
      project("trainer", "packages/trainer"),
      project("decoder", "packages/decoder"),
      project("eval", "packages/eval"),
      project("tiny-world", "packages/tiny-world"),
      project("cli", "apps/cli"),
      project("tooling", "tooling/*"),
    ],
  },
});
