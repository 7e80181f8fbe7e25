import { UniArmError } from "@uniarm/core/schema";

const PERMISSION = ["28P01", "28000"];

/** What went wrong on the way to Postgres, as a sentence; the password is left out. */
export function connectionError(cause: unknown, url: string): UniArmError {
  const { code = "", message } = cause as { code?: string; message: string };
  const shown = withoutPassword(url);
  if (PERMISSION.includes(code))
    return new UniArmError(
      "database-login-refused",
      `PostgreSQL refused the login of DATABASE_URL (${shown}). Check its user name and password.`,
      { cause },
    );
  if (code === "3D000")
    return new UniArmError(
      "database-missing",
      `There is no such database: ${shown}. Make it (createdb), or correct DATABASE_URL.`,
      { cause },
    );
  return new UniArmError(
    "database-unreachable",
    `PostgreSQL cannot be reached at ${shown}: ${message || code}. Start it, correct DATABASE_URL, or unset it to use the embedded server.`,
    { cause },
  );
}

function withoutPassword(url: string): string {
  try {
    const { protocol, username, host, pathname } = new URL(url);
    return `${protocol}//${username ? `${username}@` : ""}${host}${pathname}`;
  } catch {
    return "(not a URL: postgresql://user:password@host:5432/database is expected)";
  }
}
