/**
 * A full-screen view on the terminal's alternate screen, by hand-written escapes: the former screen is restored however it ends.
 * Only changed lines are written, all at once, so that nothing flickers.
 */
import { rendered } from './terminal.ts';

const esc = '\u001b[';
const enter = `${esc}?1049h${esc}?25l`;
const leave = `${esc}?25h${esc}?1049l`;
// Terminals that support it show the output in between as one frame; others ignore it.
const begin = `${esc}?2026h`;
const end = `${esc}?2026l`;
const clearBelow = `${esc}J`;
const clearRight = `${esc}K`;

interface Terminal {
  write(text: string): unknown;
  on(event: 'resize', listener: () => void): unknown;
  off(event: 'resize', listener: () => void): unknown;
  readonly columns?: number;
  readonly rows?: number;
}

interface Keys {
  setRawMode?(raw: boolean): unknown;
  on(event: 'data', listener: (keys: Buffer) => void): unknown;
  off(event: 'data', listener: (keys: Buffer) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** What ended it: a key for that purpose, or a signal. */
export type Ended = 'quit' | 'interrupted';

export class Screen {
  readonly #terminal: Terminal;
  readonly #keys: Keys;
  /** Resolves when the user ends it. */
  readonly ended: Promise<Ended>;
  #end: (how: Ended) => void = () => {};
  #shown: readonly string[] = [];
  #isOpen = true;

  constructor(terminal: Terminal, keys: Keys) {
    this.#terminal = terminal;
    this.#keys = keys;
    this.ended = new Promise((resolve) => {
      this.#end = resolve;
    });
    keys.setRawMode?.(true);
    keys.on('data', this.#key);
    keys.resume();
    terminal.on('resize', this.#again);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, this.#signal);
    // Whatever ends the process, the terminal is restored.
    process.on('exit', this.#restore);
    terminal.write(enter);
  }

  get columns(): number {
    return this.#terminal.columns ?? 80;
  }

  get rows(): number {
    return this.#terminal.rows ?? 24;
  }

  /** @param lines no wider than the terminal; lines below its end are omitted */
  draw(lines: readonly string[]): void {
    if (!this.#isOpen) return;
    const shown = lines.slice(0, this.rows);
    const changed = shown.flatMap((line, i) =>
      this.#shown[i] === line ? [] : [`${esc}${i + 1};1H${rendered(line)}${clearRight}`],
    );
    const isShorter = shown.length < this.#shown.length;
    if (changed.length === 0 && !isShorter) return;
    const rest = isShorter ? `${esc}${shown.length + 1};1H${clearBelow}` : '';
    this.#terminal.write(`${begin}${changed.join('')}${rest}${end}`);
    this.#shown = shown;
  }

  close(): void {
    this.#keys.off('data', this.#key);
    this.#keys.pause();
    this.#terminal.off('resize', this.#again);
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.off(signal, this.#signal);
    process.off('exit', this.#restore);
    this.#restore();
  }

  readonly #restore = (): void => {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#keys.setRawMode?.(false);
    this.#terminal.write(leave);
  };

  readonly #key = (keys: Buffer): void => {
    const text = keys.toString('utf8');
    // In raw mode Ctrl-C is a key like any other.
    if (text.includes('\u0003')) this.#end('interrupted');
    else if (text === 'q' || text === 'Q' || text === '\u001b') this.#end('quit');
  };

  readonly #signal = (): void => this.#end('interrupted');

  /** The size changed: the present content is unreliable. */
  readonly #again = (): void => {
    this.#shown = [];
    this.#terminal.write(`${esc}1;1H${clearBelow}`);
  };
}
