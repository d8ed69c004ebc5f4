/** One connection to an endpoint, and the one call that it carries at a time. */
import type { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { writeTurns } from '../../platform/write-turns.ts';
import type { AnswerReader } from './answer-reader.ts';
import { codeOf, type DialTarget, dial } from './dial.ts';
import { AnswerParser } from './http1.ts';
import { ParseError } from './parse-error.ts';
import { type Reads, readTurns } from './read-turns.ts';
import type { AnswerSink, Call } from './upstream.ts';

// Up to here one copy is cheaper than a second write.
const joinMax = 16_384;
// How a connection that died while it was idle shows itself. Junk on a living one is something else.
const staleCodes = new Set(['ECONNRESET', 'EPIPE', 'ECONNABORTED']);

export class Connection implements AnswerReader, Reads {
  readonly #parser: AnswerParser;
  readonly #target: DialTarget;
  readonly #idle: (connection: Connection) => void;
  readonly #over: () => void;
  readonly #resume = () => this.#goOn();
  #socket: Socket | undefined;
  readonly #giveUp: () => void;
  #call: Call | undefined;
  #sink: AnswerSink | undefined;
  #hasServed = false;
  #isPaused = false;
  #isSent = false;
  #isOver = false;
  /** What was read when its turn was over. */
  #late: Buffer | undefined;
  isDead = false;

  /**
   * @param idle is told when it can carry another call
   * @param over is told once, when it is gone
   */
  constructor(target: DialTarget, connectMs: number, idle: (connection: Connection) => void, over: () => void) {
    this.#target = target;
    this.#parser = new AnswerParser(target.lines);
    this.#idle = idle;
    this.#over = over;
    this.#giveUp = dial(
      target,
      connectMs,
      (bytes) => this.#read(bytes),
      (error, socket) => this.#dialled(error, socket),
    );
  }

  get keepsForMs(): number | null {
    return this.#parser.keepsForMs;
  }

  start(call: Call, sink: AnswerSink): void {
    this.#call = call;
    this.#sink = sink;
    if (this.#socket) this.#write(this.#socket, call);
  }

  /** The call's owner has lost interest: nothing more is told. */
  abort(sink: AnswerSink): void {
    if (this.#sink !== sink) return;
    this.#sink = undefined;
    this.destroy();
  }

  destroy(): void {
    this.isDead = true;
    this.#late = undefined;
    this.#giveUp();
    this.#socket?.destroy();
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over();
  }

  head(status: number, pairs: readonly string[]): void {
    const sink = this.#sink;
    try {
      sink?.head(status, pairs, this.#resume);
    } catch (error) {
      this.#fault(sink, error);
    }
  }

  data(bytes: Buffer, framed?: Buffer): void {
    const sink = this.#sink;
    try {
      if (sink && !sink.data(bytes, framed)) this.#isPaused = true;
    } catch (error) {
      this.#fault(sink, error);
    }
  }

  end(): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.#call = undefined;
    this.#hasServed = true;
    this.#isPaused = false;
    // An answer that overtook its request: the rest of it must not be sent, and its memory is used again soon.
    const isSent = this.#isSent && this.#socket?.writableLength === 0;
    if (sink && this.#parser.keepsAlive && isSent && !this.isDead) this.#idle(this);
    else this.destroy();
    try {
      sink?.end();
    } catch (error) {
      this.#fault(sink, error);
    }
  }

  #dialled(error: Error | null, socket: Socket | undefined): void {
    if (error || !socket) {
      this.#fail(error);
      return;
    }
    this.#socket = socket;
    socket.on('error', (fault) => {
      this.#readLate();
      this.#fail(fault);
    });
    socket.on('end', () => this.#closed());
    socket.on('close', () => this.#closed());
    try {
      if (this.#call) this.#write(socket, this.#call);
    } catch (fault) {
      this.#fault(this.#sink, fault);
    }
  }

  /** Its turn has come. */
  readOn(): void {
    if (this.#late && this.#readLate() && !this.#isPaused) this.#socket?.resume();
  }

  #readLate(): boolean {
    const late = this.#late;
    this.#late = undefined;
    if (late) this.#feed(late);
    return !this.isDead;
  }

  #read(bytes: Buffer): boolean {
    if (readTurns.hasTime) {
      this.#feed(bytes);
      return !this.#isPaused;
    }
    // The bytes are lent.
    this.#late = this.#late ? Buffer.concat([this.#late, bytes]) : Buffer.from(bytes);
    readTurns.wait(this);
    return false;
  }

  #feed(bytes: Buffer): void {
    const startedAt = performance.now();
    try {
      this.#parser.feed(bytes);
    } catch (fault) {
      if (fault instanceof ParseError) this.#fail(fault);
      else this.#fault(this.#sink, fault);
    }
    readTurns.spend(performance.now() - startedAt);
  }

  #goOn(): void {
    if (!this.#isPaused) return;
    this.#isPaused = false;
    if (!this.#late) this.#socket?.resume();
  }

  #closed(): void {
    this.#readLate();
    this.isDead = true;
    if (!this.#parser.close()) this.#fail(null);
  }

  /** Null: the other side closed. */
  #fail(fault: Error | null): void {
    const sink = this.#sink;
    this.#sink = undefined;
    this.destroy();
    const code = fault === null ? 'ECONNRESET' : codeOf(fault);
    const proxy = this.#target.proxy?.host ?? null;
    try {
      sink?.failed({ code, reused: this.#hasServed && staleCodes.has(code), proxy });
    } catch (error) {
      this.#fault(sink, error);
    }
  }

  /** The gateway's own: this call is over, and this connection, whose state is unknown. */
  #fault(sink: AnswerSink | undefined, error: unknown): void {
    this.#sink = undefined;
    this.destroy();
    if (!sink) throw error;
    sink.fault(error);
  }

  #write(socket: Socket, call: Call): void {
    const { body } = call;
    this.#parser.begin(call.method, this);
    this.#isSent = true;
    const head = headText(call, this.#target.authority);
    if (body === null || (Buffer.isBuffer(body) && body.length === 0)) {
      socket.write(head, 'latin1');
      call.by?.sent();
    } else if (!Buffer.isBuffer(body)) this.#stream(socket, head, body);
    else if (body.length <= joinMax) {
      writeTurns.begin(socket);
      const whole = Buffer.allocUnsafe(head.length + body.length);
      whole.write(head, 'latin1');
      body.copy(whole, head.length);
      socket.write(whole);
      call.by?.sent();
    } else {
      const sink = this.#sink;
      socket.cork();
      socket.write(head, 'latin1');
      // One that is over by then has a second try, which sends the same body.
      socket.write(body, (fault) => void (!fault && sink && this.#sink === sink && call.by?.sent()));
      socket.uncork();
    }
  }

  /** A body that is not kept: it goes up as it comes, framed by its length or in chunks. */
  #stream(socket: Socket, head: string, body: Readable): void {
    this.#isSent = false;
    const isChunked = !/\r\ncontent-length:/i.test(head);
    socket.write(isChunked ? `${head.slice(0, -2)}transfer-encoding: chunked\r\n\r\n` : head, 'latin1');
    const send = (chunk: Buffer) => {
      if (isChunked) socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
      const hasRoom = socket.write(chunk);
      if (isChunked) socket.write('\r\n', 'latin1');
      if (!hasRoom) body.pause();
    };
    const goOn = () => body.resume();
    const sent = () => {
      this.#isSent = true;
      if (isChunked) socket.write('0\r\n\r\n', 'latin1');
    };
    body.on('data', send).once('end', sent);
    socket.on('drain', goOn);
    const closed = () => body.off('data', send).off('end', sent).resume();
    socket.once('close', closed);
    // The socket lives longer: what is left on it would add up, and keep each body.
    body.once('close', () => socket.off('drain', goOn).off('close', closed));
    const call = this.#call;
    body.once('error', () => {
      // Half a body must not look like a whole one. The next call on this connection is not to blame.
      if (this.#call === call) this.#fail(Object.assign(new Error('the body broke off'), { code: 'EPIPE' }));
    });
  }
}

function headText({ method, path, fields, body }: Call, authority: string): string {
  const text = `${method} ${path} HTTP/1.1\r\nhost: ${authority}\r\nconnection: keep-alive\r\n${fields}`;
  if (Buffer.isBuffer(body)) return `${text}content-length: ${body.length}\r\n\r\n`;
  const hasNone = body === null && method !== 'GET' && method !== 'HEAD';
  return hasNone ? `${text}content-length: 0\r\n\r\n` : `${text}\r\n`;
}
