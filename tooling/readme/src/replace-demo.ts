/** The document with `printed` as the block between the marks of `script`. @throws Error when the marks are missing */
export function replaceDemo(document: string, printed: string, script: string): string {
  const [start, end] = [`<!-- demo: made by \`${script}\` -->\n`, "<!-- /demo -->"];
  const [before, rest] = document.split(start);
  const after = rest?.split(end)[1];
  if (before === undefined || after === undefined)
    throw new Error(`the document has lost its demo marks: ${start.trim()} and ${end}`);
  return `${before}${start}\n\`\`\`\n${printed.trim()}\n\`\`\`\n\n${end}${after}`;
}
