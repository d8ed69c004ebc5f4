/** Moments of the configuration: now, a snapshot, a fact's number, an instant, a file. */
import { createHash } from 'node:crypto';
import { exitCodes, QccError } from '../errors.ts';
import type { ReplayPool } from '../pool.ts';
import type { Configuration } from '../projections/configuration.ts';
import type { ConfigMoment } from './config-operations.ts';
import { documentConfiguration } from './document.ts';
import { asker } from './history.ts';
import type { Moment } from './history-operations.ts';
import type { Installation } from './installation.ts';
import { Json } from './json.ts';
import type { Answer } from './operations.ts';

/** Two that mean the same have the same. */
export function hashOf(configuration: Configuration): string {
  return createHash('sha256').update(JSON.stringify(configuration)).digest('hex');
}

/** @throws {QccError} `QCC_SNAPSHOT_UNKNOWN`; what the log cannot tell of a moment; `QCC_IMPORT_INVALID` for a file */
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
  return new QccError(
    'QCC_SNAPSHOT_UNKNOWN',
    `there is no snapshot "${id}"`,
    'qcc config snapshots',
    exitCodes.notFound,
    { id },
  );
}
