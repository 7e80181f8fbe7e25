/** An error a person can act on: a stable code for machines; what happened, got, expected and the next command for people. */
export class UniArmError extends Error {
  readonly code: string;

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "UniArmError";
    this.code = code;
  }
}
