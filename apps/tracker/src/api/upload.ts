import { putBlob } from "@uniarm/client";
import type { BlobFile } from "@uniarm/core/schema";
import { server } from "./client.ts";

/** Hashed in the memory of the page: larger files go by the command line. */
export const LARGEST_UPLOAD_BYTES = 1e9;

/** Puts a file into the server's store under its hash. */
export async function uploadFile(file: File): Promise<BlobFile> {
  if (file.size > LARGEST_UPLOAD_BYTES)
    throw new Error(`${file.name} is larger than 1 GB. Upload it from a shell: uniarm datasets add`);
  // browsers hash only on pages that nobody in between can have changed
  if (!globalThis.isSecureContext)
    throw new Error(
      "Uploads from the browser need https, or a page of this machine. From a shell: uniarm datasets add",
    );
  const body = await file.arrayBuffer();
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", body));
  const sha256 = [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  await putBlob(server, { sha256, size: file.size, body, name: file.name });
  return { path: file.name.replaceAll(/[^A-Za-z0-9._-]/g, "_"), sha256, size: file.size };
}

/** Rows of a JSONL file: its lines that are not empty. */
export async function rowsOfFile(file: File): Promise<number | undefined> {
  if (!file.name.endsWith(".jsonl")) return undefined;
  const text = await file.text();
  return text.split("\n").filter((line) => line.trim() !== "").length;
}
