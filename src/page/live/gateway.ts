/** How the page speaks to the listener that served it: a ticket for a bearer, operations, and the stream of what happens. */
import type { PageState } from '../../contract/dashboard.ts';
import type { Answer, OperationName, Params } from '../../contract/operations.ts';
import type { ToldError } from '../../errors/told-error.ts';
import { EventReader, type StreamEvent } from '../event-stream.ts';
import type { Language } from '../words/words.ts';

export interface Session {
  readonly bearer: string;
  /** What the bearer may do. The listener decides it; the page only does not offer what would be refused. */
  readonly scope: 'read' | 'write';
  /** Of the gateway; the reader may choose another one. */
  readonly language: Language;
}

/** The bearer is not known any more: the gateway has been started again, or half a day has passed. */
export class Expired extends Error {}

/** The operation was refused, with the words of the gateway. */
export class Refused extends Error {
  readonly told: Pick<ToldError, 'code' | 'message' | 'hint' | 'params'>;

  constructor(told: Pick<ToldError, 'code' | 'message' | 'hint' | 'params'>) {
    super(told.message);
    this.told = told;
  }
}

/** With the bearer comes the state: a page that is opened shows it without another question. */
export interface Opened {
  readonly session: Session;
  readonly state: PageState;
}

/** @returns null for a ticket that is used, too old or unknown */
export async function exchange(ticket: string): Promise<Opened | null> {
  const response = await fetch('/ticket', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ ticket }),
  });
  if (!response.ok) return null;
  const { state, ...session } = (await response.json()) as Session & { readonly state: PageState };
  return { session, state };
}

/**
 * @throws {Expired} when the bearer is not known
 * @throws {Refused} when the operation refuses
 */
export async function callGateway<Name extends OperationName>(
  { bearer }: Session,
  name: Name,
  params: Params<Name>,
  signal?: AbortSignal,
): Promise<Answer<Name>> {
  const response = await fetch(`/call/${name}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${bearer}` },
    body: JSON.stringify(params),
    ...(signal && { signal }),
  });
  if (response.status === 401) throw new Expired();
  const { answer, error } = (await response.json()) as { answer: Answer<Name>; error?: Partial<ToldError> };
  if (!error) return answer;
  const { code = 'QCC_REFUSED', message = code, hint = '', params: about } = error;
  throw new Refused({ code, message, hint, ...(about && { params: about }) });
}

/**
 * Reads what happens after a fact, until the connection ends.
 * @param opened is called when the gateway has taken the connection: it may have nothing to say for long
 * @throws {Expired} when the bearer is not known
 */
export async function readStream(
  { bearer }: Session,
  after: number,
  opened: () => void,
  heard: (event: StreamEvent) => void,
  signal: AbortSignal,
): Promise<void> {
  const response = await fetch(`/stream?after=${after}`, {
    headers: { authorization: `Bearer ${bearer}` },
    cache: 'no-store',
    signal,
  });
  if (response.status === 401) throw new Expired();
  if (!response.ok || !response.body) throw new Error(`the stream is refused (${response.status})`);
  opened();
  const events = new EventReader();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    for (const event of events.take(value)) heard(event);
  }
}
