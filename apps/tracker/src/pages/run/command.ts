import type { Run } from "../../api/types.ts";

/** For a POSIX shell. */
const quoted = (text: string): string =>
  /^[A-Za-z0-9._/=-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;

/** What launches the same again from a terminal. */
export function commandOf({
  kind,
  name,
  config,
  project,
  labels,
  tags,
}: Pick<Run, "kind" | "name" | "config" | "project" | "labels" | "tags">): string {
  const file = `${kind}.json`;
  const json = JSON.stringify({ kind, name, config }, null, 2);
  const flags = [
    `--project ${quoted(project.name)}`,
    ...(labels.length > 0 ? [`--label ${labels.map(quoted).join(" ")}`] : []),
    ...(tags.length > 0 ? [`--tag ${tags.map(quoted).join(" ")}`] : []),
  ];
  return `cat > ${file} <<'CONFIG'\n${json}\nCONFIG\nuniarm launch ${file} ${flags.join(" ")}\n`;
}
