import { expect, test } from "vitest";
import { versionRefusal, WORK_PROTOCOL as protocol } from "../../src/schema/work-protocol.ts";

const refusal = (worker: string, server: string): string | null =>
  versionRefusal({ version: worker, protocol }, { version: server, protocol });

test("patches of one minor version work together", () => {
  expect(refusal("0.1.0", "0.1.7")).toBeNull();
});

test.each([
  ["0.1.0", "0.2.0", "the worker's"],
  ["0.3.0", "0.2.9", "the server's"],
  ["0.9.0", "0.10.0", "the worker's"],
  ["2.0.0", "1.9.0", "the server's"],
])("a worker of %s and a server of %s do not, and the older one is to be updated", (worker, server, older) => {
  const sentence = refusal(worker, server);
  expect(sentence).toContain(`This worker is of version ${worker}, its server of ${server}`);
  expect(sentence).toContain(`Update ${older} installation`);
});

test("of one version, the one that speaks the older protocol is to be updated", () => {
  const sentence = versionRefusal({ version: "0.1.0", protocol: protocol - 1 }, { version: "0.1.0", protocol });
  expect(sentence).toContain("Update the worker's installation");
});
