import { expect, test } from "vitest";
import { matchAnswers } from "../../../src/index.ts";
import { answerOf } from "../../support/answers.ts";
import { expectRefusal } from "../../support/refusal.ts";

const base = (id: string, more = {}) => answerOf(id, `base ${id}`, { preference: null, ...more });

test("an opponent without a preference meets every preference of the method on the same prompt", () => {
  const method = [
    answerOf("p", "one", { preference: [1, 0] }),
    answerOf("q", "two", { preference: [1, 0] }),
    answerOf("p", "three", { preference: [0, 1] }),
    answerOf("q", "four", { preference: [0, 1] }),
  ];
  const pairs = matchAnswers(method, [base("q"), base("p"), base("unused")]);
  expect(pairs.map((pair) => [pair.method.text, pair.opponent.text])).toEqual([
    ["one", "base p"],
    ["two", "base q"],
    ["three", "base p"],
    ["four", "base q"],
  ]);
});

test("an opponent under several preferences meets the equal one", () => {
  const sides = (name: string) => [
    answerOf("p", `${name} left`, { preference: [1, 0] }),
    answerOf("p", `${name} right`, { preference: [0, 1] }),
  ];
  const pairs = matchAnswers(sides("method"), sides("other").reverse());
  expect(pairs.map((pair) => pair.opponent.text)).toEqual(["other left", "other right"]);
});

test("samples meet by their number, and one sample of the opponent meets all", async () => {
  const method = [answerOf("p", "a"), answerOf("p", "b", { sample: 1 })];
  expect(matchAnswers(method, [base("p")]).map(({ opponent }) => opponent.sample)).toEqual([0, 0]);
  const two = [base("p"), base("p", { sample: 1 })];
  expect(matchAnswers(method, two).map(({ opponent }) => opponent.sample)).toEqual([0, 1]);
  const three = [...method, answerOf("p", "c", { sample: 2 })];
  await expectRefusal(
    () => matchAnswers(three, two),
    "judge-opponent-missing",
    'prompt "p", preference null, sample 2',
  );
});

test("answers that do not meet are refused by their prompt", async () => {
  const method = [answerOf("p", "a"), answerOf("q", "b")];
  await expectRefusal(() => matchAnswers(method, [base("p")]), "judge-opponent-missing", 'prompt "q"');
  await expectRefusal(() => matchAnswers(method, []), "judge-empty", "2 answers of the method and 0 of the opponent");
  await expectRefusal(
    () => matchAnswers([...method, method[0]!], [base("p"), base("q")]),
    "judge-duplicate",
    'The method has two answers to prompt "p"',
  );
  await expectRefusal(
    () => matchAnswers([...method, answerOf("p", "c", { preference: [1, 0] })], [base("p"), base("q")]),
    "judge-incomplete",
    "Preference [1,0] has answers to 1 of 2 prompts",
    '"q" is missing',
  );
});

test("one prompt id with two questions is refused", async () => {
  const other = base("p", { prompt: "something else" });
  await expectRefusal(() => matchAnswers([answerOf("p", "a")], [other]), "judge-prompts-differ", "something else");
  const turns = base("p", { messages: [{ role: "user", content: "question p" }] });
  await expectRefusal(() => matchAnswers([answerOf("p", "a")], [turns]), "judge-prompts-differ");
});
