import { expect, test } from "vitest";
import { zonedTime } from "../src/runs/zoned-time.ts";

test.each([
  ["2026-11-29", "Asia/Tokyo", "2026-11-28T15:00:00.000Z"],
  ["2026-11-29", "UTC", "2026-11-29T00:00:00.000Z"],
  ["2026-11-29T08:30", "America/New_York", "2026-11-29T13:30:00.000Z"],
  ["2026-07-01 08:30:15.25", "Europe/Berlin", "2026-07-01T06:30:15.250Z"],
  ["2026-01-01", "Asia/Kathmandu", "2025-12-31T18:15:00.000Z"],
  ["2026-03-29T03:00", "Europe/Berlin", "2026-03-29T01:00:00.000Z"], // the clock went from 02:00 to 03:00
  ["2026-10-25", "Europe/Berlin", "2026-10-24T22:00:00.000Z"],
  ["2026-10-26", "Europe/Berlin", "2026-10-25T23:00:00.000Z"],
])("%s in %s is %s", (text, zone, expected) => {
  expect(zonedTime(text, zone)!.toISOString()).toBe(expected);
});

test.each([
  ["2026-11-29T12:00Z", "2026-11-29T12:00:00.000Z"],
  ["2026-11-29T12:00+09:00", "2026-11-29T03:00:00.000Z"],
  ["2026-11-29T12:00-0330", "2026-11-29T15:30:00.000Z"],
])("%s says its own offset, whatever the zone", (text, expected) => {
  expect(zonedTime(text, "Asia/Tokyo")!.toISOString()).toBe(expected);
});

test.each(["2026-02-30", "2026-13-01", "yesterday", "2026-11", "2026-11-29T25:00", "2026-11-29x"])(
  "%s is no time",
  (text) => {
    expect(zonedTime(text, "UTC")).toBeNull();
  },
);

test("a zone that does not exist is refused", () => {
  expect(() => zonedTime("2026-11-29", "Mars/Olympus")).toThrow('There is no time zone "Mars/Olympus"');
});
