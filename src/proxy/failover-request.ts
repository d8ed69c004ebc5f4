/** A request, as the machine of failover sees it. */
import type { FailoverRequest } from '../../machines/failover-commands.ts';
import type { Deps } from './deps.ts';
import type { Incoming } from './driver.ts';
import { continuesThread } from './request/threads.ts';

export function failoverRequest(
  { target, summary, body, head, startedAt }: Incoming,
  session: string | null,
  { sessions }: Pick<Deps, 'sessions'>,
  needs: NonNullable<FailoverRequest['needs']>,
): FailoverRequest {
  return {
    within: target.within,
    model: summary.model,
    session,
    isPassthrough: target.isPassthrough,
    isCount: target.isCount,
    bytes: body?.bytes.length ?? 0,
    awaitedSince: startedAt,
    needs,
    ...(continuesThread(head.betas, body?.bytes ?? null) && { continues: sessions.lastOf(session) }),
  };
}
