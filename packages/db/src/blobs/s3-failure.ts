import { UniArmError } from "@uniarm/core/schema";

const FULL = new Set(["QuotaExceeded", "XMinioStorageFull", "InsufficientCapacity"]);
const REFUSED = new Set(["AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "Forbidden"]);
const UNREACHABLE = new Set(["ECONNREFUSED", "ENOTFOUND", "ECONNRESET", "EAI_AGAIN", "ETIMEDOUT", "EPIPE"]);

interface Cause {
  name?: string;
  code?: string;
  message?: string;
  $metadata?: { httpStatusCode?: number };
}

export const isNotThere = (cause: unknown): boolean => {
  const { name = "", $metadata } = cause as Cause;
  return name === "NoSuchKey" || (name === "NotFound" && $metadata?.httpStatusCode === 404);
};

export const isUploadGone = (cause: unknown): boolean => (cause as Cause).name === "NoSuchUpload";

/** A sentence for what an S3 server or the way to it says; what is not known stays as it is. */
export function s3Failure(cause: unknown, bucket: string): unknown {
  const { name = "", code = "", message = "", $metadata } = cause as Cause;
  if (name === "NoSuchBucket")
    return new UniArmError(
      "bucket-missing",
      `The S3 server has no bucket ${bucket}. Make it (aws s3 mb s3://${bucket}), or name another with --blobs.`,
      { cause },
    );
  if (name === "CredentialsProviderError")
    return new UniArmError(
      "store-refused",
      `No keys for the bucket ${bucket} were found. Set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or AWS_PROFILE.`,
      { cause },
    );
  if (REFUSED.has(name) || $metadata?.httpStatusCode === 403)
    return new UniArmError(
      "store-refused",
      `The S3 server refuses these keys for the bucket ${bucket} (${name}). They need to list, read, write and delete objects in it.`,
      { cause },
    );
  if (FULL.has(name) || $metadata?.httpStatusCode === 507)
    return new UniArmError("store-full", `The bucket ${bucket} is full (${name}). Free some; nothing was lost.`, {
      cause,
    });
  if (UNREACHABLE.has(code) || name === "TimeoutError")
    return new UniArmError(
      "store-unreachable",
      `The S3 server of bucket ${bucket} cannot be reached (${code || message}). Its address comes from AWS_ENDPOINT_URL_S3, or is Amazon's.`,
      { cause },
    );
  return cause;
}
