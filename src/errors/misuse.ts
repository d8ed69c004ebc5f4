/**
 * A command line that cannot be understood. It becomes the error that people see where it is told: that one comes with the words of all
 * errors, and help loads none of them.
 */
export class Misuse extends Error {
  readonly hint: string;

  constructor(message: string, hint: string) {
    super(message);
    this.hint = hint;
  }
}
