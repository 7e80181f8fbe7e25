import { writeAddObjectivePage } from "./page.ts";

await writeAddObjectivePage();
