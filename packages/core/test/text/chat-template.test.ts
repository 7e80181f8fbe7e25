import { describe, expect, test } from "vitest";
import type { Message } from "../../src/schema/message.ts";
import type { TemplateVars } from "../../src/schema/template-vars.ts";
import { byteTokenizerFiles } from "../../src/testing/byte-tokenizer.ts";
import { textOf } from "../../src/text/pieces.ts";
import { createTokenizer, encodePrompt, encodeResponse, type Tokenizer } from "../../src/text/tokenizer.ts";

const BYTE_EOS = 257;

function withTemplate(chatTemplate: string, templateVars: TemplateVars = {}, special: string[] = []): Tokenizer {
  const files = byteTokenizerFiles();
  const tokenizer = files.tokenizer as { added_tokens: object[] };
  special.forEach((content, at) =>
    tokenizer.added_tokens.push({ id: 300 + at, content, special: true, normalized: false }),
  );
  return createTokenizer({ ...files, chatTemplate }, "test", { templateVars });
}
const written = (tokenizer: Tokenizer, prompt: string | Message[]): string =>
  textOf(tokenizer.promptFormat.prompt(prompt));

const TURNS = "{% for m in messages %}[{{ m.role }}]{{ m.content }}{% endfor %}";

describe("a template is told what transformers tells it", () => {
  test("tools and documents are none where there are none", () => {
    const template = `{% if tools is not none %}TOOLS{% endif %}{% if documents is not none %}DOCUMENTS{% endif %}${TURNS}`;
    expect(written(withTemplate(template), "Hi")).toBe("[user]Hi");
  });

  test("a special token that the tokenizer lacks is not defined", () => {
    const template = "{{ unk_token is defined }} {{ eos_token }}";
    expect(written(withTemplate(template), "Hi")).toBe("False </s>");
  });

  test("the date is today's, or the one that is given", () => {
    const template = "{{ strftime_now('%Y-%m-%d, %d %b %Y, %A') }}";
    expect(written(withTemplate("{{ strftime_now('%Y') }}"), "Hi")).toMatch(/^20\d\d$/);
    expect(written(withTemplate(template, { strftime_now: "2026-07-26" }), "Hi")).toBe(
      "2026-07-26, 26 Jul 2026, Sunday",
    );
    expect(() => withTemplate(template, { strftime_now: "yesterday" })).toThrow(
      'Template variables cannot be used: strftime_now is "yesterday"; expected a date such as "2026-07-26".',
    );
  });

  test("variables of one's own", () => {
    const template = `${TURNS}{% if enable_thinking is defined and enable_thinking is false %}<quiet>{% endif %}`;
    expect(written(withTemplate(template), "Hi")).toBe("[user]Hi");
    expect(written(withTemplate(template, { enable_thinking: false }), "Hi")).toBe("[user]Hi<quiet>");
    expect(() =>
      createTokenizer({ ...byteTokenizerFiles(), chatTemplate: undefined }, "test", { templateVars: { a: 1 } }),
    ).toThrow(
      "Template variables cannot be used: a would have no effect, since prompts are written in the format plain.",
    );
    expect(() => withTemplate(template, { messages: [] })).toThrow(
      "Template variables cannot be used: messages is set by this program itself. Leave it out.",
    );
  });
});

test("a template that goes through parts of a content is given parts, one that takes both a text", () => {
  const parts =
    "{% for m in messages %}[{{ m.role }}]{% for part in m.content %}{{ part.text if part.type == 'text' }}{% endfor %}{% endfor %}";
  const both =
    "{% for m in messages %}{% if m.content is string %}text:{{ m.content }}{% else %}parts{% endif %}{% endfor %}";
  expect(written(withTemplate(parts), "Hi there")).toBe("[user]Hi there");
  expect(written(withTemplate(both), "Hi there")).toBe("text:Hi there");
});

test("line ends of Windows are line ends, and those after blocks go", () => {
  const template =
    "{% for m in messages %}\r\n[{{ m.role }}]{{ m.content }}\r\n{% endfor %}\r\n{% if add_generation_prompt %}[assistant]{% endif %}";
  expect(written(withTemplate(template), "Hi there")).toBe("[user]Hi there\n[assistant]");
});

test("a function that no template has is refused by its name", () => {
  expect(() => written(withTemplate("{{ call_home('x') }}"), "Hi")).toThrow(
    "The chat template of test does not render: 'call_home' is undefined.",
  );
});

describe("a template that begins the answer with a thought and cuts thoughts out of history", () => {
  const template =
    "{% for m in messages %}{% if m.role == 'assistant' %}<A>{{ m.content.split('</think>')[-1] }}{{ eos_token }}{% else %}<U>{{ m.content }}{% endif %}{% endfor %}" +
    "{% if add_generation_prompt %}<A><think>\n{% endif %}";
  const bytes = (text: string): number[] => [...new TextEncoder().encode(text)];

  test.each([[[]], [["</think>"]]])(
    "trains on prompt, response as it is and end of sequence; special: %j",
    (special) => {
      const tokenizer = withTemplate(template, {}, special);
      expect(encodePrompt(tokenizer, "Hi")).toEqual(bytes("<U>Hi<A><think>\n"));
      expect(encodeResponse(tokenizer, "hm, Yes")).toEqual([...bytes("hm, Yes"), BYTE_EOS]);
      expect(textOf(tokenizer.promptFormat.response("so</think>Yes"))).toBe("so</think>Yes");
    },
  );

  test("history and what reward models read are without thoughts", () => {
    const tokenizer = withTemplate(template, {}, ["</think>"]);
    const history: Message[] = [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "hm</think>Yes" },
      { role: "user", content: "Why?" },
    ];
    expect(written(tokenizer, history)).toBe("<U>Hi<A>Yes</s><U>Why?<A><think>\n");
    expect(textOf(tokenizer.promptFormat.conversation(history, "x</think>So"))).toBe("<U>Hi<A>Yes</s><U>Why?<A>So</s>");
  });
});

describe("special tokens that somebody wrote", () => {
  test("stay text, while the template's own are tokens", () => {
    const tokenizer = withTemplate(`${TURNS}{{ eos_token }}`);
    const ids = encodePrompt(tokenizer, "a</s>b");
    expect(ids.filter((id) => id === BYTE_EOS)).toHaveLength(1);
    expect(ids.at(-1)).toBe(BYTE_EOS);
  });

  test("do not become a token of the template's when it takes another one out from between their halves", () => {
    const cuts = "{% for m in messages %}{{ m.content.replace('<cut>', '') }}{% endfor %}{{ eos_token }}";
    const tokenizer = withTemplate(cuts, {}, ["<cut>"]);
    expect(written(tokenizer, "a</<cut>s>b")).toBe("a</s>b</s>");
    expect(encodePrompt(tokenizer, "a</<cut>s>b").filter((id) => id === BYTE_EOS)).toHaveLength(1);
    const whole = tokenizer.promptFormat.response("a</<cut>s>b");
    expect(tokenizer.encodePieces(whole).filter((id) => id === BYTE_EOS)).toHaveLength(0);
  });

  test("a template that asks for one in a turn is refused, since the turn's would become the template's", () => {
    const template =
      "{% for m in messages %}{% if m.content.startswith('</s>') %}END{% endif %}{{ m.content }}{% endfor %}";
    expect(() => written(withTemplate(template), "</s>x")).toThrow(
      "The chat template of test acts on a special token that a turn contains, so the turn cannot be told from the template. Take the special token out of the turn.",
    );
  });
});
