import { UniArmError } from "@uniarm/core/schema";
import type { Client } from "./open-client.ts";
import { isPassingStatus, refusalOf } from "./server-error.ts";

/** Bytes that are sent to the store under their hash. */
export interface BlobUpload {
  sha256: string;
  size: number;
  body: NonNullable<RequestInit["body"]>;
  /** by which a person knows it */
  name: string;
}

/** Brings bytes into the server's store. @throws UniArmError blob-...; blob-away, or a plain Error without an answer, when another try may succeed */
export async function putBlob(
  { url, headers, fetch }: Client,
  { sha256, size, body, name }: BlobUpload,
): Promise<void> {
  const request = {
    method: "PUT",
    headers: { ...headers, "content-type": "application/octet-stream", "content-length": String(size) },
    body,
    duplex: "half" as const, // of streams: the body is sent before the answer comes
  };
  const answer = await fetch(`${url}/api/blobs/${sha256}`, request);
  if (!answer.ok) throw await blobError(answer, (message) => `${name} was not taken: ${message}`);
  await answer.arrayBuffer(); // frees the connection
}

/** What the store answered: blob-away where another try may succeed, else blob- and the server's code. */
export async function blobError(answer: Response, sentence: (message: string) => string): Promise<UniArmError> {
  const { code, message } = await refusalOf(answer);
  return new UniArmError(isPassingStatus(answer.status) ? "blob-away" : `blob-${code}`, sentence(message));
}
