import { UniArmError } from "@uniarm/core/schema";

export interface S3Location {
  bucket: string;
  /** without slashes at its ends; empty: the whole bucket */
  prefix: string;
}

const S3 = /^s3:\/\/([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:\/([A-Za-z0-9!_.*'()-]+(?:\/[A-Za-z0-9!_.*'()-]+)*))?\/?$/;

/** The bucket of `s3://BUCKET[/PREFIX]`; null for the path of a folder. @throws UniArmError blobs-location */
export function s3Location(location: string): S3Location | null {
  if (!/^[a-z0-9]+:\/\//i.test(location)) return null;
  const found = S3.exec(location);
  if (!found)
    throw new UniArmError(
      "blobs-location",
      `${location} is no place for files. Give a folder, or s3://BUCKET/PREFIX (a bucket has 3 to 63 small letters, digits, dots and hyphens).`,
    );
  return { bucket: found[1]!, prefix: found[2] ?? "" };
}
