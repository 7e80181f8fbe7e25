/** Where a setting stands in a config: ["methods", 0, "name"]. */
export type Path = readonly (string | number)[];

/** The path as text: methods[0].name */
export const pathText = (path: Path): string =>
  path
    .map((key) => (typeof key === "number" ? `[${key}]` : `.${key}`))
    .join("")
    .replace(/^\./, "");
