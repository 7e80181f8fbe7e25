import { openEngine } from "@uniarm/core";

/** Ends with 0 where a job would find its engine, and says why where it would not. */
try {
  await openEngine();
  process.exit(0);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exit(2);
}
