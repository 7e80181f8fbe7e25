import { describe, expect, test } from "vitest";
import { namesOf, quotedItems, textOfNames, unquoted } from "../src/schema/quoted.ts";

const NAMES = [
  "acc@1,5",
  "f1 score",
  "loss(x=1)",
  "reward.max",
  "a..b",
  "ends.",
  'a "b"',
  "\\",
  '\\"',
  ",",
  '"',
  "Größe",
  "指標",
  "2024",
  "line\nbreak",
];

describe("names in a list", () => {
  test.each(NAMES)("%j comes back as it was", (name) => {
    expect(namesOf(textOfNames([name]))).toEqual([name]);
    expect(namesOf(textOfNames(["before", name, "after"]))).toEqual(["before", name, "after"]);
  });

  test("all of them come back together, each once", () => {
    expect(namesOf(textOfNames([...NAMES, ...NAMES]))).toEqual(NAMES);
  });

  test("plain ones need no quotes, and empty items are none", () => {
    expect(textOfNames(["loss", "loss/helpful", "a b"])).toBe("loss,loss/helpful,a b");
    expect(namesOf("a,b,,a")).toEqual(["a", "b"]);
    expect(namesOf("")).toEqual([]);
  });

  test("a quote that is not closed is no list", () => {
    expect(namesOf('a,"b')).toBeNull();
    expect(namesOf('a"b')).toBeNull();
  });

  test("fields with quoted parts stay as they are written", () => {
    expect(quotedItems('state,metric."a,b".max,config.x')).toEqual(["state", 'metric."a,b".max', "config.x"]);
    expect(unquoted('metric."a"')).toBe('metric."a"');
  });
});
