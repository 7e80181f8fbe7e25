import { UniArmError } from "@uniarm/core/schema";
import { z } from "zod";

const Environment = z.object({
  UNIARM_DATABASE_URL: z.string().min(1),
  UNIARM_SHARE_DATABASE: z.enum(["0", "1"]).default("0"),
  UNIARM_BLOBS: z.string().min(1),
  UNIARM_BLOBS_REDIRECT: z.enum(["0", "1"]).default("0"),
  UNIARM_HOST: z.string().min(1).default("127.0.0.1"),
  UNIARM_PORT: z.coerce.number().int().min(0).max(65_535).default(4747),
  UNIARM_PUBLIC_URL: z.string().optional(),
  UNIARM_BASE_PATH: z.string().optional(),
  UNIARM_TRUST_PROXY: z.string().optional(),
  UNIARM_PRIVATE_WEBHOOKS: z.enum(["0", "1"]).default("0"),
  UNIARM_NO_AUTH: z.enum(["0", "1"]).default("0"),
  UNIARM_LOCAL_KEY: z.string().min(1).optional(),
  UNIARM_PAGES: z.string().min(1).optional(),
  UNIARM_LEASE_SECONDS: z.coerce.number().min(2).max(3600).default(15),
  UNIARM_LOG: z.enum(["debug", "info", "warn", "error", "silent"]).default("info"),
});
export type Environment = z.infer<typeof Environment>;

const LOOPBACK = new Set(["127.0.0.1", "::1", "localhost"]);

/** @throws UniArmError settings-invalid, no-auth-open */
export function settingsOf(environment: NodeJS.ProcessEnv): Environment {
  const parsed = Environment.safeParse(environment);
  if (!parsed.success) {
    const problems = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
    throw new UniArmError(
      "settings-invalid",
      `The server's settings do not fit: ${problems.join("; ")}. \`uniarm serve\` sets them all.`,
    );
  }
  if (parsed.data.UNIARM_NO_AUTH === "1" && !LOOPBACK.has(parsed.data.UNIARM_HOST))
    throw new UniArmError(
      "no-auth-open",
      `Without keys the server would let everybody who reaches ${parsed.data.UNIARM_HOST} do everything. Leave out --no-auth, or listen on 127.0.0.1.`,
    );
  if (parsed.data.UNIARM_BLOBS_REDIRECT === "1" && !parsed.data.UNIARM_BLOBS.startsWith("s3://"))
    throw new UniArmError(
      "settings-invalid",
      `UNIARM_BLOBS_REDIRECT is 1, but the files are in the folder ${parsed.data.UNIARM_BLOBS}, which has no addresses. Unset it, or keep the files in a bucket: uniarm serve --blobs s3://BUCKET/PREFIX`,
    );
  return parsed.data;
}
