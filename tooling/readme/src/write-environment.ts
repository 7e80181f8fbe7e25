/** `pnpm docs:environment`: writes docs/environment.md and .env.example from core's table of variables. */
import { writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { format, resolveConfig } from "prettier";
import { environmentExample, environmentMarkdown } from "./environment-pages.ts";

const root = resolve(import.meta.dirname, "../../..");
const page = join(root, "docs/environment.md");
writeFileSync(page, await format(environmentMarkdown(), { ...(await resolveConfig(page)), filepath: page }));
writeFileSync(join(root, ".env.example"), environmentExample());
