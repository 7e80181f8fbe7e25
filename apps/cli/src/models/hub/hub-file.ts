/** A file to fetch, and what its bytes must be. */
export interface HubFile {
  path: string;
  bytes: number;
  /** sha256 of the bytes (LFS), or git's sha1 of a blob; what the file is called among the blobs */
  digest: { kind: "sha256" | "git-sha1"; hex: string };
}
