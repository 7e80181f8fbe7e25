import { REQUEST_HEADERS } from "./client.ts";

/** Hashed in the memory of the page: larger files go by the command line. */
export const LARGEST_UPLOAD_BYTES = 1e9;

export interface Uploaded {
  path: string;
  sha256: string;
  size: number;
}

/** Puts a file into the server's store under its hash. */
export async function uploadFile(file: File): Promise<Uploaded> {
  if (file.size > LARGEST_UPLOAD_BYTES)
    throw new Error(`${file.name} is larger than 1 GB. Upload it from a shell: uniarm datasets add`);
  // browsers hash only on pages that nobody between can have changed
  if (!globalThis.isSecureContext)
    throw new Error(
      "Uploads from the browser need https, or a page of this very machine. From a shell: uniarm datasets add",
    );
  const bytes = await file.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const answer = await fetch(`/api/blobs/${sha256}`, {
    method: "PUT",
    headers: { ...REQUEST_HEADERS, "content-type": "application/octet-stream" },
    body: bytes,
  });
  if (!answer.ok) {
    const said = (await answer.json().catch(() => null)) as { message?: string } | null;
    throw new Error(said?.message ?? `The server answered ${answer.status}.`);
  }
  return { path: file.name.replaceAll(/[^A-Za-z0-9._-]/g, "_"), sha256, size: file.size };
}

/** Lines of a JSONL file that say something: its rows. */
export async function rowsOfFile(file: File): Promise<number | undefined> {
  if (!file.name.endsWith(".jsonl")) return undefined;
  const text = await file.text();
  return text.split("\n").filter((line) => line.trim() !== "").length;
}
