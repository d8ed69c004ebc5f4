/** An endpoint is asked again with what it has refused. */
import { withoutMissing } from '../../../machines/capabilities.ts';
import { endpointStatus } from '../../../machines/endpoint.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import { endpointNamed, type Installation } from '../../installation/installation.ts';
import { endpointRow } from '../../runtime/rows.ts';

/** @throws {QccError} for what it has not refused */
export async function forgetMissing(
  installation: Installation,
  { profile, id, what: named }: Params<'endpoint.forget'>,
): Promise<Answer<'endpoint.forget'>> {
  const what = named ?? null;
  const endpoint = endpointNamed(installation, id, profile);
  const { core } = installation;
  const { missing } = endpointStatus(core.state.endpoint(endpoint.id));
  const left = withoutMissing(missing, what);
  const forgotten = [...new Set(missing.filter((one) => !left.includes(one)).map((one) => one.what))];
  if (what !== null && forgotten.length === 0) {
    const known = [...new Set(missing.map((one) => one.what))].join(', ');
    const hint = `qcc endpoint show ${endpoint.profile} ${endpoint.id}`;
    throw new QccError('QCC_MISSING_UNKNOWN', { what, known, hint }, exitCodes.notFound);
  }
  const report = { type: 'CapabilityForgotten', data: { what } } as const;
  if (forgotten.length > 0) await core.command({ do: 'tellEndpoint', id: endpoint.id, report });
  return { ...endpointRow(core.state, endpoint), forgotten };
}
