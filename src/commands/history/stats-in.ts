/** What `Stats` holds of a span: of all time from memory, of another one out of the log, in its worker. */
import type { Millis } from '../../../events/fact.ts';
import { Json } from '../../contract/json.ts';
import type { Answer } from '../../contract/operations.ts';
import type { Installation } from '../../installation/installation.ts';
import type { ReplayPool } from '../../pool/pool.ts';
import { Stats } from '../../projections/stats.ts';
import { asker } from './asker.ts';

export interface Span {
  readonly since?: Millis | undefined;
  readonly until?: Millis | undefined;
}

export async function statsIn(
  installation: Installation,
  { since, until }: Span,
  replay: ReplayPool | undefined,
): Promise<Stats> {
  if (since === undefined) return installation.core.state.stats;
  const answer = await asker(installation, 'stats.since', replay)({ since, ...(until === undefined ? {} : { until }) });
  const { stats } = answer instanceof Json ? (JSON.parse(answer.text) as Answer<'stats.since'>) : answer;
  return Stats.from(stats);
}
