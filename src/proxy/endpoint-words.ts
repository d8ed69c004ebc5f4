/** What an endpoint has said of a request, told to the rest: a failure, or only a word about itself that is remembered. */
import type { EndpointId, RequestId } from '../../events/ids.ts';
import type { Verdict } from '../../machines/classify.ts';
import { isNeutral } from '../../machines/endpoint-policy.ts';
import type { ProxyPorts } from './ports.ts';

export interface AboutRequest {
  readonly request: RequestId;
  readonly model: string | null;
  /** Of its body. */
  readonly bytes: number;
  readonly isCount: boolean;
}

type Ports = Pick<ProxyPorts, 'modelNotFound' | 'countRefused' | 'bodyRefused'>;

// A connection that does not come about says the same of every request.
const isOfConnection: ReadonlySet<string> = new Set(['unreachable', 'certificate']);

/** Remembers what it says of itself. The failure that is left for its machine; null where it says nothing of its health. */
export function failureTold(
  ports: Ports,
  id: EndpointId,
  { failure, countsNot }: Verdict,
  { request, model, bytes, isCount }: AboutRequest,
): Verdict['failure'] {
  if (countsNot) ports.countRefused(id, request);
  if (failure === 'noModel' && model !== null) ports.modelNotFound(id, model, request);
  if (failure === 'tooLargeHere') ports.bodyRefused(id, bytes, request);
  if (failure === null || isNeutral(failure)) return null;
  return isCount && !isOfConnection.has(failure) ? null : failure;
}
