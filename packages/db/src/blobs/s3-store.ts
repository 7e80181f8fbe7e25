import { createHash } from "node:crypto";
import type { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  DeleteObjectCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
  ListPartsCommand,
  paginateListObjectsV2,
  PutObjectCommand,
  S3Client,
  UploadPartCommand,
  type CompletedPart,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { Sha256 } from "@uniarm/core/schema";
import { blobMissing, checkAnnounced, MAX_BLOB_BYTES } from "./announced.ts";
import { inParts } from "./in-parts.ts";
import { isNotThere, isUploadGone, s3Failure } from "./s3-failure.ts";
import type { S3Location } from "./s3-location.ts";
import type { BlobIdentity, BlobStore, StoreOptions } from "./store.ts";

/** Bytes of a part: what is larger goes in several. The largest blob has 8,192 of them; S3 takes 10,000. */
const PART_BYTES = 8 * 2 ** 20;
/** Parts on their way at once; with the one that fills, three are in memory. */
const PARTS_AT_ONCE = 2;
const URL_SECONDS = 900;

/**
 * Blobs as objects `PREFIX/ab/SHA256` of a bucket. Region, keys and the address of another server than Amazon's come from where
 * all of its tools look: AWS_REGION, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or a profile, AWS_ENDPOINT_URL_S3.
 * A large blob goes in parts and appears when the last has arrived and the hash is right; one that was interrupted goes on
 * where it was: parts that are there are not sent again.
 * @throws UniArmError bucket-missing, store-refused, store-unreachable
 */
export async function openS3Store(
  { bucket, prefix }: S3Location,
  { maxBytes = MAX_BLOB_BYTES }: StoreOptions = {},
): Promise<BlobStore> {
  const client = new S3Client({
    // servers other than Amazon's have no name for each bucket
    forcePathStyle: Boolean(process.env.AWS_ENDPOINT_URL_S3 ?? process.env.AWS_ENDPOINT_URL),
    ...(process.env.AWS_REGION || process.env.AWS_DEFAULT_REGION ? {} : { region: "us-east-1" }),
  });
  const root = prefix === "" ? "" : `${prefix}/`;
  const target = (sha256: string): { Bucket: string; Key: string } => ({
    Bucket: bucket,
    Key: `${root}${Sha256.parse(sha256).slice(0, 2)}/${sha256}`,
  });
  const guarded = async <Result>(work: () => Promise<Result>): Promise<Result> => {
    try {
      return await work();
    } catch (cause) {
      throw s3Failure(cause, bucket);
    }
  };
  const sizeOf = async (sha256: string): Promise<number | null> => {
    try {
      return (await client.send(new HeadObjectCommand(target(sha256)))).ContentLength ?? 0;
    } catch (cause) {
      if (isNotThere(cause)) return null;
      throw s3Failure(cause, bucket);
    }
  };
  const put: BlobStore["put"] = async (source, announced) => {
    const place = target(announced.sha256);
    const { chunks, check } = checkAnnounced(source, announced, maxBytes);
    if ((await sizeOf(announced.sha256)) !== null) {
      for await (const _chunk of chunks); // what was announced falsely is refused, also where nothing is to be stored
      return check();
    }
    const parts = inParts(chunks, PART_BYTES);
    const first = await parts.next();
    const second = await parts.next();
    if (second.done) {
      const blob = check();
      await guarded(() => client.send(new PutObjectCommand({ ...place, Body: first.value ?? Buffer.alloc(0) })));
      return blob;
    }
    return guarded(() => upload([first.value!, second.value], parts, { place, check }));
  };

  interface Upload {
    place: { Bucket: string; Key: string };
    check: () => BlobIdentity;
  }

  /** In parts; those that an interrupted upload of the same blob has brought are compared by their MD5 and kept. */
  const upload = async (
    begun: readonly Buffer[],
    rest: AsyncIterable<Buffer>,
    { place, check }: Upload,
  ): Promise<BlobIdentity> => {
    const { UploadId, present } = await openUpload(place);
    const sent: CompletedPart[] = [];
    const underWay = new Set<Promise<void>>();
    const failed: unknown[] = [];
    const send = async (Body: Buffer, PartNumber: number): Promise<void> => {
      const kept = present.get(PartNumber);
      if (kept !== undefined && kept === `"${createHash("md5").update(Body).digest("hex")}"`) {
        sent.push({ PartNumber, ETag: kept });
        return;
      }
      const { ETag } = await client.send(new UploadPartCommand({ ...place, UploadId, PartNumber, Body }));
      sent.push({ PartNumber, ETag });
    };
    let number = 0;
    const all = async function* (): AsyncGenerator<Buffer> {
      yield* begun;
      yield* rest;
    };
    try {
      for await (const part of all()) {
        number += 1;
        const one = send(part, number)
          .catch((cause: unknown) => void failed.push(cause))
          .finally(() => underWay.delete(one));
        underWay.add(one);
        if (underWay.size >= PARTS_AT_ONCE) await Promise.race(underWay);
        if (failed.length > 0) break;
      }
    } finally {
      await Promise.all(underWay); // also where the sender ends early: what is on its way arrives, and need not be sent again
    }
    if (failed.length > 0) throw failed[0];
    const blob = check(); // what does not fit stays an unfinished upload, which nobody can read
    const Parts = sent.sort((one, other) => one.PartNumber! - other.PartNumber!);
    try {
      await client.send(new CompleteMultipartUploadCommand({ ...place, UploadId, MultipartUpload: { Parts } }));
    } catch (cause) {
      // the same blob, sent twice at once: the other was first
      if (!isUploadGone(cause) || (await sizeOf(blob.sha256)) !== blob.size) throw cause;
    }
    return blob;
  };

  /** The newest unfinished upload of a blob with the MD5 of its parts, or a new one. */
  const openUpload = async (place: { Bucket: string; Key: string }) => {
    const present = new Map<number, string>();
    for await (const { key, uploadId } of unfinished(place.Key)) {
      if (key !== place.Key) continue;
      let PartNumberMarker: string | undefined;
      do {
        const page = await client.send(new ListPartsCommand({ ...place, UploadId: uploadId, PartNumberMarker }));
        for (const { PartNumber, ETag } of page.Parts ?? []) present.set(PartNumber!, ETag!);
        PartNumberMarker = page.IsTruncated ? page.NextPartNumberMarker : undefined; // some servers name a next one at the end too
      } while (PartNumberMarker !== undefined);
      return { UploadId: uploadId, present };
    }
    const { UploadId } = await client.send(new CreateMultipartUploadCommand(place));
    return { UploadId: UploadId!, present };
  };

  const unfinished = async function* (Prefix: string) {
    let after: { KeyMarker?: string | undefined; UploadIdMarker?: string | undefined } = {};
    for (;;) {
      const page = await client.send(new ListMultipartUploadsCommand({ Bucket: bucket, Prefix, ...after }));
      for (const { Key, UploadId, Initiated } of page.Uploads ?? [])
        yield { key: Key!, uploadId: UploadId!, begunAt: Initiated?.getTime() ?? 0 };
      if (!page.IsTruncated) return;
      after = { KeyMarker: page.NextKeyMarker, UploadIdMarker: page.NextUploadIdMarker };
    }
  };

  const store: BlobStore = {
    put,
    sizeOf,
    read: async (sha256, range) => {
      const Range = range && `bytes=${range.start}-${range.end}`;
      try {
        return (await client.send(new GetObjectCommand({ ...target(sha256), Range }))).Body as Readable;
      } catch (cause) {
        throw isNotThere(cause) ? blobMissing(sha256) : s3Failure(cause, bucket);
      }
    },
    remove: (sha256) => guarded(async () => void (await client.send(new DeleteObjectCommand(target(sha256))))),
    list: async function* () {
      try {
        for await (const { Contents = [] } of paginateListObjectsV2({ client }, { Bucket: bucket, Prefix: root }))
          for (const { Key = "", Size = 0 } of Contents) {
            const sha256 = Key.slice(root.length + 3);
            if (Sha256.safeParse(sha256).success) yield { sha256, size: Size };
          }
      } catch (cause) {
        throw s3Failure(cause, bucket);
      }
    },
    sweep: (olderThanMs) =>
      guarded(async () => {
        let count = 0;
        for await (const { key, uploadId, begunAt } of unfinished(root)) {
          if (Date.now() - begunAt < olderThanMs) continue;
          await client.send(new AbortMultipartUploadCommand({ Bucket: bucket, Key: key, UploadId: uploadId }));
          count += 1;
        }
        return count;
      }),
    freeBytes: () => Promise.resolve(null),
    urlOf: (sha256, fileName) =>
      guarded(() =>
        getSignedUrl(
          client,
          new GetObjectCommand({
            ...target(sha256),
            ResponseContentDisposition: `attachment; filename="${fileName}"`,
            ResponseContentType: "application/octet-stream",
          }),
          { expiresIn: URL_SECONDS },
        ),
      ),
  };
  // a wrong name or key is said at the start, not at the first file
  await guarded(() => client.send(new ListObjectsV2Command({ Bucket: bucket, Prefix: root, MaxKeys: 1 })));
  return store;
}
