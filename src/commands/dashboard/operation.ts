/** The operations of the page: its state, now or then, its charts and its lists. */
import type { dashboardContract } from '../../contract/dashboard.ts';
import type { Json } from '../../contract/json.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { pageState, type Running } from '../../history/page-state.ts';
import type { Installation } from '../../installation/installation.ts';
import type { LiveSide } from '../../installation/live-side.ts';
import type { Handlers } from '../handler.ts';
import { question } from '../history/asker.ts';

// They come once a second to each page.
const runningShown = 30;

const then = question('dashboard.state');
const bands = question('dashboard.bands');

function stateOf(
  it: Installation,
  params: Params<'dashboard.state'>,
  live: LiveSide | undefined,
): Promise<Answer<'dashboard.state'> | Json> | Answer<'dashboard.state'> {
  if (params.moment !== undefined) return then(it, params, live);
  return pageState(it.core.state, it.settings(), runningOf(it, live));
}

export function runningOf({ core }: Installation, live: LiveSide | undefined): Running {
  const now = Math.max(core.now(), core.state.at);
  const requests = () => live?.running({ limit: runningShown }).requests ?? [];
  return { now, probes: live?.nextProbes() ?? new Map(), live: live?.page() ?? null, requests };
}

/** Until now: the log itself knows no later instant than its last fact's. */
function bandsOf(
  it: Installation,
  params: Params<'dashboard.bands'>,
  live: LiveSide | undefined,
): Promise<Answer<'dashboard.bands'> | Json> {
  return bands(it, { to: runningOf(it, live).now, ...params }, live);
}

export const dashboardHandlers: Handlers<typeof dashboardContract> = {
  'dashboard.open': (_, params, live) => live.openDashboard(params),
  'dashboard.state': stateOf,
  'dashboard.bands': bandsOf,
  'dashboard.requests': question('dashboard.requests'),
};
