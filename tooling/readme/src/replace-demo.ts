const [START, END] = ["<!-- demo: made by `pnpm readme` -->\n", "<!-- /demo -->"];

/** The README with `printed` as its demo block. @throws Error when the marks are missing */
export function replaceDemo(readme: string, printed: string): string {
  const [before, rest] = readme.split(START ?? "");
  const after = rest?.split(END ?? "")[1];
  if (before === undefined || after === undefined) throw new Error("README.md has lost its demo marks");
  return `${before}${START}\n\`\`\`\n${printed.trim()}\n\`\`\`\n\n${END}${after}`;
}
