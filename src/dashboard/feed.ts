/**
 * What has changed, to all open pages: one message for all of them, the first at once and at most ten within any second. Nothing is heard while no page is open, and a
 * page that does not read is closed and begins anew.
 */
import type { ServerResponse } from 'node:http';
import type { Millis, Recorded } from '../../events/fact.ts';
import { secondMs } from '../../events/units.ts';
import type { PageState } from '../contract/dashboard.ts';
import type { PagePorts } from './ports.ts';

// Ten times as much is more than a second: whichever second one looks at, there are no more than ten messages in it.
const restMs = 111;
// What runs now is in no fact, and is looked at while a page is open.
const liveMs = secondMs;
const commentMs = 15 * secondMs;
export const streamsMax = 16;
const unreadBytesMax = 1_048_576;
// Of very many facts the newest are shown; their number tells of the others.
const factsMax = 100;

export class Feed {
  readonly #ports: PagePorts;
  /** With the instant until which each may be told anything. */
  readonly #pages = new Map<ServerResponse, Millis>();
  /** When a page was closed last; 0 before. */
  leftAt: Millis = 0;
  #facts: Recorded[] = [];
  #skipped = 0;
  /** In the order of their messages. */
  #unsent: { readonly page: ServerResponse; readonly bytes: Buffer }[] = [];
  /** The live numbers that were sent last, as text; empty while there is no page. */
  #live = '';
  /** So were the requests that run. */
  #running = '';
  #stopHearing: (() => void) | undefined;
  #tick: NodeJS.Timeout | undefined;
  #timers: NodeJS.Timeout[] = [];

  constructor(ports: PagePorts) {
    this.#ports = ports;
  }

  get pages(): number {
    return this.#pages.size;
  }

  /**
   * The caller has looked at the number of pages.
   * @param after the last fact that the page knows; it is sent the whole state when there are newer ones
   * @param until the end of its bearer: a stream does not outlive it
   */
  join(response: ServerResponse, after: number, until: Millis): void {
    this.#pages.set(response, until);
    response.once('close', () => this.#left(response));
    if (this.#pages.size === 1) this.#begin();
    const { seq } = this.#ports.head();
    this.#send(response, seq === after ? comment : message('state', seq, this.#ports.state()));
  }

  /** The state for a page that will join next. What runs is told again when it is another by then. */
  begun(): PageState {
    if (this.#pages.size === 0) this.#remember();
    return this.#ports.state();
  }

  /** Tells all pages that they are closed on purpose, and closes them. */
  close(): void {
    for (const page of this.#pages.keys()) page.end(message('closed', this.#ports.head().seq, {}));
    this.#pages.clear();
    this.#end();
  }

  #begin(): void {
    if (this.#live === '') this.#remember();
    this.#stopHearing = this.#ports.onFacts((facts) => this.#heard(facts));
    this.#timers = [
      setInterval(() => this.#look(), liveMs).unref(),
      setInterval(() => this.#toAll(comment), commentMs).unref(),
    ];
  }

  #remember(): void {
    this.#live = JSON.stringify(this.#ports.live());
    this.#running = JSON.stringify(this.#ports.running());
  }

  #left(page: ServerResponse): void {
    if (!this.#pages.delete(page)) return;
    this.leftAt = this.#ports.now();
    if (this.#pages.size === 0) this.#end();
  }

  #end(): void {
    this.#stopHearing?.();
    this.#stopHearing = undefined;
    clearTimeout(this.#tick);
    this.#tick = undefined;
    for (const timer of this.#timers) clearInterval(timer);
    this.#timers = [];
    this.#live = '';
    this.#facts = [];
    this.#skipped = 0;
    this.#unsent = [];
  }

  #heard(facts: readonly Recorded[]): void {
    this.#facts.push(...facts);
    // Twice as many are kept, so that not every fact moves the list.
    if (this.#facts.length > 2 * factsMax) {
      const most = this.#facts.length - factsMax;
      this.#skipped += most;
      this.#facts.splice(0, most);
    }
    // Not within the request that is told of.
    this.#tick ??= setTimeout(() => this.#tell(), 0).unref();
  }

  /** After a message there is a rest, and what is heard meanwhile is told at its end. */
  #tell(): void {
    this.#tick = undefined;
    if (this.#facts.length === 0) return;
    this.#tick = setTimeout(() => this.#tell(), restMs).unref();
    const most = Math.max(0, this.#facts.length - factsMax);
    const [facts, skipped] = [this.#facts.slice(most), this.#skipped + most];
    this.#facts = [];
    this.#skipped = 0;
    this.#live = JSON.stringify(this.#ports.live());
    this.#toAll(message('facts', this.#ports.head().seq, this.#ports.changed(facts, skipped)));
  }

  #look(): void {
    const at = this.#ports.now();
    for (const [page, until] of this.#pages) if (until <= at) this.#cutOff(page);
    const [live, running] = [JSON.stringify(this.#ports.live()), JSON.stringify(this.#ports.running())];
    if (live === this.#live && running === this.#running) return;
    this.#live = live;
    this.#running = running;
    const { seq, now } = this.#ports.head();
    const told = `{"now":${JSON.stringify(now)},"live":${live},"running":${running}}`;
    this.#toAll(`event: live\nid: ${seq}\ndata: ${told}\n\n`);
  }

  #toAll(text: string): void {
    // Encoded once, and not for each page.
    const bytes = Buffer.from(text);
    const isSending = this.#unsent.length > 0;
    for (const page of this.#pages.keys()) this.#unsent.push({ page, bytes });
    if (!isSending) this.#sendNext();
  }

  /** A page a turn of the loop: no request waits for all of them. */
  #sendNext(): void {
    const next = this.#unsent.shift();
    if (next && this.#pages.has(next.page)) this.#send(next.page, next.bytes);
    if (this.#unsent.length > 0) setImmediate(() => this.#sendNext());
  }

  #send(page: ServerResponse, text: string | Buffer): void {
    // Looked at before, not after: one message may be longer, and a page that reads gets it.
    if (page.writableLength <= unreadBytesMax) {
      page.write(text);
      return;
    }
    this.#cutOff(page);
  }

  /** It is told so, when it reads at all; then it asks for the state again. Nothing more is kept for it. */
  #cutOff(page: ServerResponse): void {
    this.#left(page);
    page.end('event: reset\ndata: {}\n\n');
    setTimeout(() => page.destroy(), secondMs).unref();
  }
}

const comment = ': open\n\n';

function message(event: string, seq: number, data: object): string {
  return `event: ${event}\nid: ${seq}\ndata: ${JSON.stringify(data)}\n\n`;
}
