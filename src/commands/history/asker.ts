/** How a question about the log is asked: in a worker while a gateway runs, in this process otherwise. */
import type { Json } from '../../contract/json.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { ask, type QuestionName } from '../../history/questions.ts';
import type { Installation } from '../../installation/installation.ts';
import type { LiveSide } from '../../installation/live-side.ts';
import type { ReplayPool } from '../../pool/pool.ts';

// For so few facts the main loop is cheaper than starting a worker.
const smallPage = 250;

/** Queries the log: in a worker while a gateway runs, in this process otherwise. */
export function asker<Name extends QuestionName>(
  { core, paths }: Installation,
  name: Name,
  replay: ReplayPool | undefined,
): (params: Params<Name>) => Promise<Answer<Name> | Json> {
  return async (params) => {
    await core.log.flush();
    return replay && !isSmall(name, params) ? replay.ask(paths.log, name, params) : ask(core.log, name, params);
  };
}

/** The handler of a query, which passes it on unchanged. */
export function question<Name extends QuestionName>(name: Name) {
  return (it: Installation, params: Params<Name>, live: LiveSide | undefined): Promise<Answer<Name> | Json> =>
    asker(it, name, live?.replay)(params);
}

/** The first lines of a query are available at once. */
function isSmall(name: QuestionName, params: object): boolean {
  const { from = 0, to = 0, most = Number.POSITIVE_INFINITY, ...others } = params as Partial<Params<'history.page'>>;
  if (name === 'history.page') return Math.min(most, to - from) <= smallPage && Object.keys(others).length === 0;
  const { limit = Number.POSITIVE_INFINITY, since, until, fromSeq, ...filters } = params as Params<'history.start'>;
  return name === 'history.start' && (Object.keys(filters).length === 0 || limit === Number.POSITIVE_INFINITY);
}
