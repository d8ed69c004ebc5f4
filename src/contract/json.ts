/** An answer in serialised JSON: a worker made it, and the main loop passes the bytes on without parsing them. */
export class Json {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}
