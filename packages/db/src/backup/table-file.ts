import { createHash } from "node:crypto";
import { createReadStream, createWriteStream } from "node:fs";
import { Transform, type Readable, type Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip, createGzip } from "node:zlib";

/** The network is slower than this, and most of what can be saved is saved. */
const COMPRESSION_LEVEL = 1;
const NEWLINE = 0x0a;

interface Passing {
  signal: AbortSignal;
  /** rows that have passed so far */
  onRows: (rows: number) => void;
}

/** Writes a table in COPY's text format, compressed. */
export async function writeTableFile(path: string, from: Readable, { signal, onRows }: Passing): Promise<string> {
  const hash = createHash("sha256");
  const file = createWriteStream(path, { mode: 0o600, flush: true });
  await pipeline(from, counting(onRows), createGzip({ level: COMPRESSION_LEVEL }), hashing(hash), file, { signal });
  return hash.digest("hex");
}

/** Sends such a file on, and says what its bytes hash to. */
export async function readTableFile(path: string, to: Writable, { signal, onRows }: Passing): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hashing(hash), createGunzip(), counting(onRows), to, { signal });
  return hash.digest("hex");
}

const hashing = (hash: ReturnType<typeof createHash>): Transform =>
  new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      hash.update(chunk);
      done(null, chunk);
    },
  });

/** A row a line: newlines of values are escaped. */
function counting(onRows: (rows: number) => void): Transform {
  let rows = 0;
  return new Transform({
    transform: (chunk: Buffer, _encoding, done) => {
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, at + 1)) rows += 1;
      onRows(rows);
      done(null, chunk);
    },
  });
}
