/** What goes up in one attempt: as the client sent it, or changed for the endpoint, and who holds its memory. */
import type { RoutableEndpoint } from '../../../machines/routing-view.ts';
import type { Body } from '../request/body.ts';
import type { RequestSummary } from '../request/body-sniffing.ts';
import type { AdaptedRequest } from './adapter.ts';
import { AttemptBody } from './attempt-body.ts';
import type { RequestAdaptation } from './request-adaptation.ts';

interface Came {
  readonly body: Body | null;
  readonly summary: RequestSummary;
}

export interface AttemptRequest extends Omit<AdaptedRequest, 'body'> {
  readonly body: Body | AttemptBody | null;
  /** The endpoint's name of the model that is asked for. */
  readonly model: string | null;
}

/** At once, but for a large body that has to be walked over. `attemptOver` gives its copy back, if there is one. */
export function attemptRequest(
  adaptation: RequestAdaptation,
  endpoint: RoutableEndpoint,
  came: Came,
): AttemptRequest | Promise<AttemptRequest> {
  const made = adaptation.to(endpoint);
  return made instanceof Promise ? made.then((one) => held(one, came)) : held(made, came);
}

function held({ headers, body: bytes, sentModel, notes }: AdaptedRequest, { body, summary }: Came): AttemptRequest {
  const isSame = body === null || bytes === null || bytes === body.bytes;
  // Field by field: a rest pattern is the dearest line of a request (measured).
  const held = isSame ? body : new AttemptBody(body, bytes);
  return { headers, body: held, sentModel, notes, model: sentModel ?? summary.model };
}

/** The client's own body is its request's, and stays for the next attempt. */
export function attemptOver({ body }: AttemptRequest): void {
  if (body instanceof AttemptBody) body.release();
}
