import { expect, test } from "vitest";
import { failureLimit } from "../src/http/failure-limit.ts";

const LIMITS = { mostOfKey: 2, mostOfAddress: 4, windowMs: 1000 };

test("one key that is sent for ever uses up nothing of what others at its address may mistype", () => {
  const limit = failureLimit(LIMITS, () => 0);
  const stale = Array.from({ length: 100 }, () => limit.add("10.0.0.1", "uniarm_stale"));
  expect(stale).toEqual([0, 0, ...Array.from({ length: 98 }, () => 1000)]);
  expect(limit.add("10.0.0.1", "uniarm_other")).toBe(0);
  expect(limit.add("10.0.0.2", "uniarm_stale")).toBe(0);
});

test("guesses are counted together, by the half of an IPv6 address that a subscriber has", () => {
  const limit = failureLimit(LIMITS, () => 0);
  const addresses = ["2001:db8::1", "2001:db8:0:0:7::", "2001:db8::2:3", "2001:db8:0:0::ffff"];
  expect(addresses.map((address, index) => limit.add(address, `${index}`))).toEqual([0, 0, 0, 0]);
  expect(limit.add("2001:db8::9", "another")).toBe(1000);
  expect(limit.add("2001:db8:1::9", "another")).toBe(0);
});

test("a window ends", () => {
  let now = 0;
  const limit = failureLimit(LIMITS, () => now);
  for (let count = 0; count < 3; count++) limit.add("10.0.0.1", "key");
  now = 400;
  expect(limit.add("10.0.0.1", "key")).toBe(600);
  now = 1000;
  expect(limit.add("10.0.0.1", "key")).toBe(0);
});

test("ten thousand counters are kept: the oldest are forgotten first", () => {
  const limit = failureLimit({ ...LIMITS, mostOfAddress: Infinity }, () => 0);
  const failTwice = (address: string): number[] => [limit.add(address, "key"), limit.add(address, "key")];
  failTwice("10.0.0.1");
  for (let count = 0; count < 4_990; count++) limit.add(`10.1.${count >> 8}.${count & 255}`, "key"); // two counters each
  failTwice("10.0.0.2");
  expect(limit.add("10.0.0.1", "key")).toBe(1000);
  for (let count = 0; count < 4_999; count++) limit.add(`10.2.${count >> 8}.${count & 255}`, "key");
  expect([limit.add("10.0.0.1", "key"), limit.add("10.0.0.2", "key")]).toEqual([1000, 0]);
});
