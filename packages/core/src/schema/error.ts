/** An error to act on: a stable code for machines; for people what happened, what was expected and what to do next. */
export class UniArmError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UniArmError";
    this.code = code;
  }
}
