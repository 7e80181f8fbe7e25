const HIDDEN = "…";
const SECRET_FLAG = /^--?[\w-]*(key|secret|token|password|passphrase)s?$/i;
const SECRET_VALUE = /uniarm_[\w-]{16,}|\b(?:sk|hf|ghp|xox[abp])[-_][\w-]{16,}/g;

/** A command's words as one line, without values of flags like --key, our own keys, and logins in addresses. */
export function commandText(words: readonly string[]): string {
  return words
    .map((word, index) => {
      if (SECRET_FLAG.test(words[index - 1] ?? "") && !word.startsWith("--")) return HIDDEN;
      const [, flag] = /^(--?[\w-]+)=/.exec(word) ?? [];
      if (flag !== undefined && SECRET_FLAG.test(flag)) return `${flag}=${HIDDEN}`;
      return quoted(word.replaceAll(/:\/\/[^/@\s]+@/g, `://${HIDDEN}@`).replaceAll(SECRET_VALUE, HIDDEN));
    })
    .join(" ");
}

/** For a POSIX shell. */
const quoted = (word: string): string =>
  /^[\p{L}\p{N}._/=:,@%+…-]+$/u.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
