import { defineConfig } from "prisma/config";

/** For the `prisma` command. Programs open databases with `openDatabase`. */
export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  datasource: { url: process.env.UNIARM_DATABASE_URL ?? "postgresql://localhost/uniarm" },
});
