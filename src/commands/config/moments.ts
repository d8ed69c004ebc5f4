/** Moments of the configuration: now, a snapshot, a fact's number, an instant, a file. */
import { createHash } from 'node:crypto';
import type { ConfigMoment } from '../../contract/config.ts';
import { Json } from '../../contract/json.ts';
import type { Moment } from '../../contract/moment.ts';
import type { Answer } from '../../contract/operations.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import type { Installation } from '../../installation/installation.ts';
import type { ReplayPool } from '../../pool/pool.ts';
import type { Configuration } from '../../projections/configuration.ts';
import { asker } from '../history/asker.ts';
import { documentConfiguration } from './document.ts';

/** Equal for two moments that mean the same. */
export function hashOf(configuration: Configuration): string {
  return createHash('sha256').update(JSON.stringify(configuration)).digest('hex');
}

/** @throws {QccError} `QCC_SNAPSHOT_UNKNOWN`; the log's error when it does not reach back that far; `QCC_IMPORT_INVALID` for a file */
export function configurationAt(
  installation: Installation,
  moment: ConfigMoment,
  replay: ReplayPool | undefined,
): Configuration | Promise<Configuration> {
  const { state } = installation.core;
  if ('now' in moment) return state.configuration();
  if ('document' in moment) return documentConfiguration(moment.document, state.configuration());
  if (!('snapshot' in moment)) return fromLog(installation, moment, replay);
  const snapshot = state.snapshots.get(moment.snapshot);
  if (!snapshot) throw unknownSnapshot(moment.snapshot);
  return snapshot.configuration;
}

async function fromLog(
  installation: Installation,
  moment: Moment,
  replay: ReplayPool | undefined,
): Promise<Configuration> {
  const answer = await asker(installation, 'config.at', replay)(moment);
  const { configuration } = answer instanceof Json ? (JSON.parse(answer.text) as Answer<'config.at'>) : answer;
  return configuration as Configuration;
}

function unknownSnapshot(id: string): QccError {
  return new QccError('QCC_SNAPSHOT_UNKNOWN', { id }, exitCodes.notFound);
}
