import { emptyLine, erase, write, type Line } from "./line.ts";
import { PLAIN, restyled, type Style } from "./style.ts";

const ESCAPE = String.raw`\u001b`;
/**
 * What is not plain text: sequences with parameters, strings up to their end (one that is not closed ends with its line),
 * other escapes, control characters.
 */
const CONTROL = new RegExp(
  [
    String.raw`${ESCAPE}\[([0-?]*)[ -/]*([@-~])`,
    String.raw`${ESCAPE}\]([^\u0007\u001b\n]*)(?:\u0007|${ESCAPE}\\|(?=\n))`,
    String.raw`${ESCAPE}[PX^_][^\u0007\u001b\n]*(?:\u0007|${ESCAPE}\\|(?=\n))`,
    String.raw`${ESCAPE}[ -/]*[0-OQ-WYZ\\\`-~]`,
    String.raw`[\u0000-\u0008\u000a-\u001f\u007f]`,
  ].join("|"),
  "g",
);
/** A sequence at the end of a write that goes on in the next one; longer ones are none. */
const BEGUN = new RegExp(String.raw`${ESCAPE}(?:[ -/]*|\[[0-?]*[ -/]*|[\]PX^_][^\u0007\u001b\n]*${ESCAPE}?)$`);
const LONGEST_BEGUN = 4096;

/** What a program writes, as the lines that a terminal without edges would show. `T` is noted of each line as it begins. */
export class Screen<T> {
  readonly #onLine: (line: Line, note: T) => void;
  readonly #lines: Line[] = [];
  #row = 0;
  #column = 0;
  #style: Style = PLAIN;
  #begun = "";

  constructor(onLine: (line: Line, note: T) => void) {
    this.#onLine = onLine;
  }

  write(written: string, note: T): void {
    let text = this.#begun + written;
    const begun = BEGUN.exec(text)?.[0] ?? "";
    this.#begun = begun.length > LONGEST_BEGUN ? "" : begun;
    text = text.slice(0, text.length - this.#begun.length);
    let from = 0;
    for (const found of text.matchAll(CONTROL)) {
      this.#print(text.slice(from, found.index), note);
      from = found.index + found[0].length;
      const [whole, parameters, final, command] = found;
      if (final !== undefined) this.#control(final, parameters!, note);
      else if (command !== undefined) this.#link(command);
      else this.#key(whole, note);
    }
    this.#print(text.slice(from), note);
  }

  #line(note: T): Line {
    while (this.#lines.length <= this.#row) {
      const line = emptyLine();
      this.#lines.push(line);
      this.#onLine(line, note);
    }
    return this.#lines[this.#row]!;
  }

  #print(text: string, note: T): void {
    if (text !== "") this.#column = write(this.#line(note), this.#column, text, this.#style);
  }

  #key(key: string, note: T): void {
    if (key === "\n") {
      this.#line(note); // an empty one is a line too
      this.#row += 1;
      this.#column = 0;
    } else if (key === "\r") this.#column = 0;
    else if (key === "\b") this.#column = Math.max(0, this.#column - 1);
  }

  #control(final: string, parameters: string, note: T): void {
    const count = Math.max(1, Number.parseInt(parameters, 10) || 1);
    if (final === "m") this.#style = restyled(this.#style, parameters);
    else if (final === "A" || final === "F") this.#row = Math.max(0, this.#row - count);
    else if (final === "B" || final === "E")
      this.#row = Math.min(this.#row + count, Math.max(0, this.#lines.length - 1));
    else if (final === "C") this.#column += Math.min(count, 1000);
    else if (final === "D") this.#column = Math.max(0, this.#column - count);
    else if (final === "G") this.#column = Math.min(count, 1000) - 1;
    else if (final === "K") {
      const line = this.#line(note);
      const how = Number.parseInt(parameters, 10) || 0;
      erase(line, how === 0 ? this.#column : 0, how === 1 ? this.#column + 1 : line.length);
    }
    if (final === "E" || final === "F") this.#column = 0;
  }

  /** 8;;ADDRESS begins a link, 8;; ends it. */
  #link(command: string): void {
    const address = /^8;[^;]*;(.*)$/.exec(command)?.[1];
    if (address === undefined) return;
    const { link: _, ...style } = this.#style;
    this.#style = /^https?:\/\//i.test(address) ? { ...style, link: address } : style;
  }
}
