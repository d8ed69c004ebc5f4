/** A request, as the machine of failover sees it. */
import type { EndpointId } from '../../events/ids.ts';
import type { FailoverRequest } from '../../machines/failover-commands.ts';
import { staysBound } from '../../machines/passed-over.ts';
import type { Deps } from './deps.ts';
import type { Incoming } from './driver.ts';
import { continuesThread } from './request/threads.ts';

export function failoverRequest(
  { target, summary, body, head, startedAt }: Incoming,
  session: string | null,
  { sessions }: Pick<Deps, 'sessions'>,
  needs: NonNullable<FailoverRequest['needs']>,
): FailoverRequest {
  const request: FailoverRequest = {
    within: target.within,
    model: summary.model,
    session,
    isPassthrough: target.isPassthrough,
    isCount: target.isCount,
    bytes: body?.bytes.length ?? 0,
    awaitedSince: startedAt,
    needs,
  };
  const continues = continuesThread(head.betas, body?.bytes ?? null);
  return continues ? { ...request, continues: sessions.lastOf(session) } : request;
}

/** Where the session's cache is, it was passed over for what this request is, and not for what the endpoint has become. */
export function isBoundElsewhere(
  { ports, sessions }: Pick<Deps, 'ports' | 'sessions'>,
  { summary, body }: Incoming,
  session: string | null,
  answered: EndpointId,
): boolean {
  const bound = sessions.bound(session, ports.failover().stickyMs, ports.now());
  if (bound === null || bound === answered) return false;
  const about = { model: summary.model, bytes: body?.bytes.length ?? 0 };
  return staysBound(ports.view().endpoints.get(bound), about, ports.now());
}
