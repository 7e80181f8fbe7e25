import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CHROMIUM, HOW_TO_GET_IT } from "../tooling/chromium.ts";
import { chartTests } from "./tracking/charts.ts";
import { compareChartTests } from "./tracking/compare-charts.ts";
import { columnTests } from "./tracking/columns.ts";
import { failureTests } from "./tracking/failures.ts";
import { fileTests } from "./tracking/files.ts";
import { filterTests } from "./tracking/filters.ts";
import { open, type Opened } from "./tracking/opened.ts";
import { keyZoomTests } from "./tracking/key-zoom.ts";
import { limitsAndLogsTests } from "./tracking/limits-and-logs.ts";
import { manyFrontsTests } from "./tracking/many-fronts.ts";
import { nameTests } from "./tracking/names.ts";
import { provenanceTests } from "./tracking/provenance.ts";
import { sectionTests } from "./tracking/sections.ts";
import { sweepTests } from "./tracking/sweeps.ts";
import { trashTests } from "./tracking/trash.ts";
import { viewTests } from "./tracking/views.ts";
import { webhookTests } from "./tracking/webhooks.ts";

const STARTS_MS = 240_000;

describe.skipIf(CHROMIUM === null)(
  `tracking runs in a browser${CHROMIUM === null ? ` (${HOW_TO_GET_IT})` : ""}`,
  () => {
    const opened = {} as Opened; // filled before the first test: all share one platform and one page
    beforeAll(async () => {
      Object.assign(opened, await open());
    }, STARTS_MS);
    afterAll(() => opened.close?.());

    failureTests(opened);
    provenanceTests(opened);
    trashTests(opened);
    filterTests(opened);
    viewTests(opened);
    columnTests(opened);
    chartTests(opened);
    sectionTests(opened);
    keyZoomTests(opened);
    compareChartTests(opened);
    limitsAndLogsTests(opened);
    manyFrontsTests(opened);
    nameTests(opened);
    fileTests(opened);
    webhookTests(opened);
    sweepTests(opened);

    test("there was no error on the console and no request that failed", () => expect(opened.troubles).toEqual([]));
  },
);
