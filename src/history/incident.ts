/** An incident file: a slice of the history that can be shared, with all that is needed to query it elsewhere. */
import type { Recorded } from '../../events/fact.ts';
import { effective } from '../config/settings/settings.ts';
import type { IncidentHead } from '../contract/incident.ts';
import type { Answer, Params } from '../contract/operations.ts';
import type { ReadableLog } from '../log/log.ts';
import { version } from '../platform/version.ts';
import type { State } from '../runtime/state.ts';
import { startOfLook } from './facts.ts';
import { incidentForm } from './incident-facts.ts';
import { stateAt } from './moment.ts';
import { collectNames, collectNamesOf, redactedFact, redactedState } from './redact.ts';

const pageSize = 1_000;

/** The content of its first line, and what the pages after it need. */
export async function beginIncident(
  log: ReadableLog,
  { salt, hashNames, ...look }: Params<'capsule.begin'>,
): Promise<Answer<'capsule.begin'>> {
  // Without a beginning it covers everything: an incident is not limited to the newest thousand facts.
  const { from, to } = await startOfLook(log, { fromSeq: log.tail, ...look });
  const then = await stateAt(log, from - 1);
  const found = { names: new Set<string>(), hosts: new Set<string>() };
  if (hashNames) {
    collectNames(then.toJSON(), found);
    for await (const facts of log.read(from, to - 1)) for (const fact of facts) collectNamesOf(fact, found);
  }
  const redaction = { salt, hashNames, names: [...found.names], hosts: [...found.hosts] };
  const head: IncidentHead = {
    capsule: incidentForm,
    qcc: version,
    from,
    to: to - 1,
    names: hashNames ? 'hashed' : 'kept',
    state: redactedState(withEnvironment(then), redaction),
  };
  return { head, redaction };
}

/** No fact records the environment's overrides. For queries elsewhere they are stored as if they were settings. */
function withEnvironment(then: State): object {
  const saved = then.toJSON();
  const { settings, origins } = effective(then.settings, process.env);
  const set = Object.entries(settings).filter(([key]) => origins[key as keyof typeof origins] === 'env');
  return { ...saved, settings: [...new Map([...saved.settings, ...set])] };
}

export async function incidentFacts(
  log: ReadableLog,
  { from, to, redaction }: Params<'capsule.facts'>,
): Promise<Answer<'capsule.facts'>> {
  const end = Math.min(to, from + pageSize - 1);
  const lines: Recorded[] = [];
  for await (const facts of log.read(from, end)) for (const fact of facts) lines.push(redactedFact(fact, redaction));
  return { facts: lines, next: end < to ? end + 1 : null };
}
