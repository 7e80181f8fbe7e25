import { defineConfig } from "prisma/config";

/** For the `prisma` command. The program itself opens databases by src/client.ts. */
export default defineConfig({
  schema: "prisma/schema.prisma",
  migrations: { path: "prisma/migrations" },
  datasource: { url: process.env.DATABASE_URL ?? "postgresql://localhost/uniarm" },
});
