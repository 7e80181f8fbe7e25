import { describe, expect, test } from "vitest";
import { suggestionsAt, type Known } from "../src/pages/run-list/filter-suggestions.ts";
import { termOf, withTerm } from "../src/pages/run-list/filter-terms.ts";

describe("a value that is pressed", () => {
  test.each([
    ["state", "RUNNING", "state = RUNNING"],
    ["tag", "a b", 'tag = "a b"'],
    ["tag", "none", 'tag = "none"'],
    ["tag", 'say "hi"', String.raw`tag = "say \"hi\""`],
    ["group", null, "group = none"],
    ["config.seed", 3, "config.seed = 3"],
    ["config.seed", "3", 'config.seed = "3"'],
    ["config.adapter", { rank: 2 }, null],
  ])("of %s, %j, becomes %s", (field, value, term) => {
    expect(termOf(field, value)).toBe(term);
  });

  test.each([
    ["", "state = FAILED"],
    ["kind = train", "kind = train state = FAILED"],
    ["state = FAILED kind = train", "state = FAILED kind = train"],
    ["a or b", "(a or b) state = FAILED"],
    ["name ~ color", "name ~ color state = FAILED"],
  ])("is added to the filter %j once", (before, after) => {
    expect(withTerm(before, "state = FAILED")).toBe(after);
  });
});

describe("what is offered at the caret of a filter", () => {
  const known: Known = {
    words: {
      fields: [
        { name: "name", type: "text", values: null },
        { name: "state", type: "text", values: ["RUNNING", "FAILED"] },
        { name: "tag", type: "list", values: null },
        { name: "created", type: "time", values: null },
      ],
      operators: {
        text: ["=", "!=", "~"],
        list: ["=", "!=", "~"],
        time: ["<", ">"],
        number: ["=", "<"],
        json: ["=", "~", "<"],
      },
      tags: ["seed-1", "seed 2"],
      groups: ["first"],
      people: ["me"],
    },
    own: ['metric."f1 score"', "metric.loss", "config.seed"],
  };
  /** the caret stands at | */
  const at = (text: string) => {
    const caret = text.indexOf("|");
    const { from, to, items } = suggestionsAt(text.replace("|", ""), caret, known);
    return { replaced: text.replace("|", "").slice(from, to), offered: items.map((item) => item.text) };
  };

  test.each([
    ["|", "", ["name", "state", "tag", "created", 'metric."f1 score"', "metric.loss", "config.seed", "not"]],
    ["st|", "st", ["state"]],
    ["lo|", "lo", ["metric.loss"]],
    ['metric."f1 s|', 'metric."f1 s', ['metric."f1 score"']],
    ["state |", "", ["=", "!=", "~"]],
    ["metric.loss |", "", ["=", "<"]],
    ["config.other |", "", ["=", "~", "<"]],
    ["state = |", "", ["RUNNING", "FAILED"]],
    ["state = fai|", "fai", ["FAILED"]],
    ["state = RUNNING,|", "", ["RUNNING", "FAILED"]],
    ["state=F|", "F", ["FAILED"]],
    ["tag = |", "", ["seed-1", '"seed 2"']],
    ['tag = "se|', '"se', ["seed-1", '"seed 2"']],
    ["created > |", "", ["1h", "1d", "7d"]],
    ["state = FAILED o|", "o", ["or", "metric.loss", 'metric."f1 score"', "config.seed", "not"]],
    ["(st|", "st", ["state"]],
    ["st| = FAILED", "st", ["state"]],
    ["name ~ x|", "x", []],
  ])("%s", (text, replaced, offered) => {
    const found = at(text);
    expect(found.replaced).toBe(replaced);
    expect(found.offered.toSorted()).toEqual(offered.toSorted());
  });

  test("what begins so comes before what only holds it, and nothing is offered for a word that is whole", () => {
    expect(at("state = FAILED n|").offered.slice(0, 2)).toEqual(["name", "not"]);
    expect(at("state = FAILED|").offered).toEqual([]);
  });
});
