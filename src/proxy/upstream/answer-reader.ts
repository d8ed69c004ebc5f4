/** Hears of one answer: head, data…, end. */
export interface AnswerReader {
  head(status: number, pairs: readonly string[]): void;
  /** The bytes are lent: they are used again when the call returns. */
  data(bytes: Buffer): void;
  end(): void;
}
