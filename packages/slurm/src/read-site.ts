import { readFileSync } from "node:fs";
import { siteOf } from "@uniarm/pipeline/schema";
import { parse } from "yaml";
import { Site } from "./site.ts";

/** Reads a site's file, YAML or JSON. @throws UniArmError site-missing, site-invalid */
export const readSite = (path: string): Site =>
  siteOf(Site, { path, page: "docs/slurm.md", read: () => readFileSync(path), parse });
