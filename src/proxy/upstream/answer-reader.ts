/** Hears of one answer: head, data…, end. */
export interface AnswerReader {
  head(status: number, pairs: readonly string[]): void;
  /**
   * The bytes are lent: they are used again when the call returns.
   * @param framed the same bytes as the chunks that they came in, where those may be passed on as they are
   */
  data(bytes: Buffer, framed?: Buffer): void;
  end(): void;
}
