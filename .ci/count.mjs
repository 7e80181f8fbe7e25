/** `<N> passed, <M> failed` of vitest's JSON report; a file that could not be run counts as one failure. */
import { readFileSync } from "node:fs";

const [path = ""] = process.argv.slice(2);
try {
  /** @type {{ numPassedTests: number, numFailedTests: number, testResults: { status: string, assertionResults: unknown[] }[] }} */
  const report = JSON.parse(readFileSync(path, "utf8"));
  const brokenFiles = report.testResults.filter(
    ({ status, assertionResults }) => status === "failed" && assertionResults.length === 0,
  );
  process.stdout.write(`${report.numPassedTests} passed, ${report.numFailedTests + brokenFiles.length} failed\n`);
} catch {
  process.stdout.write("no test report: vitest did not finish\n");
  process.exitCode = 1;
}
