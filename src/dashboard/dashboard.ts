/** The life of the page's listener: opened when it is asked for, and closed when no page has been open for a while. */
import type { Millis } from '../../events/fact.ts';
import { secondMs } from '../../events/units.ts';
import type { Answer, Params } from '../contract/operations.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import { iso } from '../platform/time.ts';
import { pageFiles } from './files.ts';
import { listenForPages, type PageListener } from './listener.ts';
import type { PagePorts } from './ports.ts';

const lookEveryMs = 5 * secondMs;

export interface DashboardOptions {
  /** `dashboard.port`; 0 takes a free one. */
  readonly port: () => number;
  /** So long after the last page was closed, the listener closes too: `dashboard.keep`. */
  readonly keepMs: () => Millis;
  /** Where the built page is. */
  readonly folder: string;
  /** Told in one sentence when tickets are guessed. */
  readonly warn: (sentence: string) => void;
}

export class Dashboard {
  readonly #ports: PagePorts;
  readonly #options: DashboardOptions;
  #opening: Promise<PageListener> | undefined;
  #closing: Promise<void> = Promise.resolve();
  #hasEnded = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(ports: PagePorts, options: DashboardOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  /**
   * A ticket for a listener that is open already, or is opened now.
   * @throws {QccError} `QCC_DASHBOARD_PORT` when the port is taken, `QCC_DASHBOARD_ELSEWHERE` when it is open on another one,
   * `QCC_GATEWAY_ENDING` after `close`
   */
  async open({ readOnly = false, port }: Params<'dashboard.open'>): Promise<Answer<'dashboard.open'>> {
    const listener = await this.#opened(port ?? this.#options.port());
    if (port !== undefined && port !== 0 && port !== listener.port) throw openElsewhere(port, listener.port);
    const scope = readOnly ? 'read' : 'write';
    const { ticket, until } = listener.ticket(scope);
    const url = `http://127.0.0.1:${listener.port}/`;
    return { url: `${url}#t=${ticket}`, plain: `${url}plain`, ticket, scope, expiresAt: iso(until) };
  }

  /** Closes the listener for good: bearers and tickets are void, and the open pages are told. */
  async close(): Promise<void> {
    this.#hasEnded = true;
    await this.#shut();
  }

  async #opened(port: number): Promise<PageListener> {
    // The port is free again when the listener before has closed.
    await this.#closing;
    if (this.#hasEnded) throw new QccError('QCC_GATEWAY_ENDING', {}, exitCodes.notRunning);
    this.#opening ??= this.#listen(port);
    return await this.#opening.catch((error: unknown) => {
      this.#opening = undefined;
      throw error;
    });
  }

  /** Another one can be opened after it. */
  #shut(): Promise<void> {
    const opening = this.#opening;
    this.#opening = undefined;
    this.#closing = (async () => {
      const listener = await opening?.catch(() => undefined);
      clearInterval(this.#timer);
      await listener?.close();
    })();
    return this.#closing;
  }

  async #listen(port: number): Promise<PageListener> {
    const files = pageFiles(this.#options.folder);
    try {
      const listener = await listenForPages(this.#ports, files, port, () => this.#attacked());
      this.#timer = setInterval(() => this.#look(listener), lookEveryMs).unref();
      return listener;
    } catch (error) {
      throw portTaken(port, error as NodeJS.ErrnoException);
    }
  }

  #look(listener: PageListener): void {
    if (listener.pages() === 0 && this.#ports.now() - listener.lastUsedAt() > this.#options.keepMs()) void this.#shut();
  }

  #attacked(): void {
    this.#options.warn('wrong tickets for the dashboard were sent again and again: it is closed - run: qcc dashboard');
    void this.#shut();
  }
}

function portTaken(port: number, { code, message }: NodeJS.ErrnoException): QccError {
  return new QccError('QCC_DASHBOARD_PORT', { port, why: code ?? message }, exitCodes.conflict);
}

function openElsewhere(port: number, is: number): QccError {
  return new QccError('QCC_DASHBOARD_ELSEWHERE', { port, is }, exitCodes.conflict);
}
