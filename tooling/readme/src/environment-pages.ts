import { ENVIRONMENT, ENVIRONMENT_SECTIONS, type EnvironmentVariable } from "./environment.ts";

const SECTIONS = Object.entries(ENVIRONMENT_SECTIONS).map(([section, title]) => ({
  title,
  isForPeople: section !== "internal" && section !== "tests",
  variables: Object.entries<EnvironmentVariable>(ENVIRONMENT).filter(([, variable]) => variable.section === section),
}));

/** docs/environment.md, not formatted yet. */
export function environmentMarkdown(): string {
  const sections = SECTIONS.map(({ title, variables }) => {
    const rows = variables.map(
      ([name, variable]) =>
        `| \`${name}\` | ${variable.summary}${variable.secret ? "; **a secret**" : ""} | ${variable.default ?? "none: it has to be set"} | ${variable.readBy.join(", ")} |`,
    );
    return `## ${title}\n\n| variable | what it says | where it is not set | read by |\n| --- | --- | --- | --- |\n${rows.join("\n")}\n`;
  });
  return `# Environment variables

Made by \`pnpm docs:environment\` from \`tooling/readme/src/environment.ts\`: change that file, not this one.
Where a command has a flag for the same thing, the flag wins. Secrets are never printed.

${sections.join("\n")}`;
}

/** .env.example: every variable that a person may want to set, commented out. */
export function environmentExample(): string {
  const sections = SECTIONS.filter(({ isForPeople }) => isForPeople).map(({ title, variables }) => {
    const lines = variables.map(
      ([name, { summary, default: unset, secret }]) =>
        `# ${summary}${unset === null ? "" : ` (default: ${unset})`}\n# ${name}=${secret ? "keep it out of git" : ""}\n`,
    );
    return `## ${title}\n\n${lines.join("\n")}`;
  });
  return `# Made by \`pnpm docs:environment\`. Copy it to .env, which git ignores, and take away the # of what you set.
# No program reads .env by itself: set -a; . ./.env; set +a

${sections.join("\n")}`.replaceAll("`", "");
}
