import { TRPCClientError } from "@trpc/client";
import { expect, test } from "vitest";
import type { JobPlace } from "../src/launcher/launcher.ts";
import { placeNews } from "../src/place-news.ts";
import { recordingServer } from "./recording-api.ts";

const at = (waits: string): JobPlace => ({ pid: null, externalId: "job-1", waits });

/** A server whose answers are given by the test. */
function slowServer() {
  const calls: { waits: string; answer: () => void; fail: (error: unknown) => void }[] = [];
  const mutate = ({ waits }: { waits: string }): Promise<void> =>
    new Promise((answer, fail) => calls.push({ waits, answer, fail }));
  const { client } = recordingServer({ started: { mutate } });
  return { calls, client, waits: () => calls.map((call) => call.waits) };
}
const refusal = new TRPCClientError("no", { result: { error: { data: { httpStatus: 409 } } } as never });
const never = new AbortController().signal;

test("the newest place stays: it is told when the one before was heard, and one that passed by is not told", async () => {
  const { calls, client, waits } = slowServer();
  const tell = placeNews(client, "a", never);
  for (const place of ["in the queue", "for a node", ""]) tell(at(place));
  await expect.poll(waits).toEqual([""]);
  calls[0]!.answer();
  tell(at("for memory"));
  await expect.poll(waits).toEqual(["", "for memory"]);
  tell(at("for a disk"));
  await new Promise((done) => setTimeout(done, 50));
  expect(waits()).toEqual(["", "for memory"]);
  calls[1]!.answer();
  await expect.poll(waits).toEqual(["", "for memory", "for a disk"]);
});

test("a place that a server did not hear is told again, one that it refuses is not", async () => {
  const { calls, client, waits } = slowServer();
  const tell = placeNews(client, "a", never);
  tell(at("in the queue"));
  await expect.poll(waits).toHaveLength(1);
  calls[0]!.fail(new Error("no answer"));
  await expect.poll(waits).toEqual(["in the queue", "in the queue"]);
  calls[1]!.fail(refusal);
  tell(at("for a node"));
  await expect.poll(waits).toEqual(["in the queue", "in the queue", "for a node"]);
});

test("what a cluster says at length is cut to what the server takes", async () => {
  const { client, waits } = slowServer();
  placeNews(client, "a", never)(at("n".repeat(5000)));
  await expect.poll(waits).toEqual(["n".repeat(1000)]);
});
