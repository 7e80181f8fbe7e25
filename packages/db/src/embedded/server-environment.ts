const OF_A_SHELL = /^(PG|LC_|LANG$|LANGUAGE$|TZ$)/;

/** For PostgreSQL's programs: what a shell says of other servers, languages and zones does not change ours. */
export function serverEnvironment(environment: NodeJS.ProcessEnv = process.env): NodeJS.ProcessEnv {
  const kept = Object.entries(environment).filter(([name]) => !OF_A_SHELL.test(name));
  return { ...Object.fromEntries(kept), LC_ALL: "C", TZ: "UTC" }; // messages are read: they have to be English
}
