/** What came is no answer of HTTP/1.1. `code` is what llhttp calls the same fault. */
export class ParseError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(code);
    this.code = code;
  }
}
