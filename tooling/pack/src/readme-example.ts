/**
 * The one example of a package's README: its first ```js block.
 * @throws Error when there is none
 */
export function readmeExample(readme: string, name: string): string {
  const code = /```js\n([\s\S]*?)```/.exec(readme)?.[1];
  if (code === undefined) throw new Error(`the README of ${name} has no \`\`\`js example`);
  return code;
}
