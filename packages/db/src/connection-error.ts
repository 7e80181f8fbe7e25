import { UniArmError } from "@uniarm/core/schema";

const PERMISSION = ["28P01", "28000"];

/** What went wrong on the way to Postgres, as a sentence; the password is left out. */
export function connectionError(cause: unknown, url: string): UniArmError {
  const { code = "", message } = cause as { code?: string; message: string };
  const shown = withoutPassword(url);
  if (PERMISSION.includes(code))
    return new UniArmError(
      "database-login-refused",
      `PostgreSQL refused the login of UNIARM_DATABASE_URL (${shown}). Check its user name and password.`,
      { cause },
    );
  if (code === "3D000")
    return new UniArmError(
      "database-missing",
      `There is no such database: ${shown}. Make it (createdb), or correct UNIARM_DATABASE_URL.`,
      { cause },
    );
  return new UniArmError(
    "database-unreachable",
    `PostgreSQL cannot be reached at ${shown}: ${message || code}. Start it, correct UNIARM_DATABASE_URL (or --database), or leave it out to use the embedded server.`,
    { cause },
  );
}

/** A database's URL as it may be shown. */
export function withoutPassword(url: string): string {
  try {
    const { protocol, username, host, pathname } = new URL(url);
    return `${protocol}//${username ? `${username}@` : ""}${host}${pathname}`;
  } catch {
    return "(not a URL: postgresql://user:password@host:5432/database is expected)";
  }
}
