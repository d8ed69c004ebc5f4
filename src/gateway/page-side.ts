/** What the page's listener asks of this gateway. */

import type { Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf, nameOf } from '../../events/ids.ts';
import type { Attempt } from '../../events/request.ts';
import { secondMs } from '../../events/units.ts';
import { runningOf } from '../commands/dashboard/operation.ts';
import type { PageChange } from '../contract/dashboard.ts';
import { Dashboard } from '../dashboard/dashboard.ts';
import { pageFolder } from '../dashboard/of-file.ts';
import type { PagePorts } from '../dashboard/ports.ts';
import { queueCountsOf } from '../history/overview.ts';
import { pageEndpointOf, pageState } from '../history/page-state.ts';
import type { Installation } from '../installation/installation.ts';
import type { LiveSide } from '../installation/live-side.ts';
import { iso } from '../platform/time.ts';
import { factRow } from '../runtime/rows.ts';

type Call = (name: string, params: unknown) => Promise<unknown>;

export interface PageSide {
  readonly installation: Installation;
  readonly live: () => LiveSide;
  readonly call: Call;
  readonly language: 'en' | 'zh-CN';
  readonly warn: (sentence: string) => void;
}

export function dashboardOf({ installation, live, call, language, warn }: PageSide): Dashboard {
  const { settings } = installation;
  return new Dashboard(
    { call, language, ...watching(installation, live) },
    {
      port: () => settings()['dashboard.port'],
      keepMs: () => settings()['dashboard.keep'] * secondMs,
      folder: pageFolder(),
      warn,
    },
  );
}

function watching(it: Installation, live: () => LiveSide): Omit<PagePorts, 'call' | 'language'> {
  const { core, settings } = it;
  const running = () => runningOf(it, live());
  return {
    head: () => ({ seq: core.state.seq, now: iso(core.now()) }),
    state: () => pageState(core.state, settings(), running()),
    live: () => live().page(),
    running: () => running().requests(),
    changed: (facts, skipped) => changeOf(it, facts, skipped, running()),
    onFacts: (listener) => core.onFacts(listener),
    now: () => it.world.now(),
  };
}

function changeOf(
  { core: { state }, settings }: Installation,
  facts: readonly Recorded[],
  skipped: number,
  running: ReturnType<typeof runningOf>,
): PageChange {
  const kinds = new Set(facts.map(({ stream }) => kindOf(stream)));
  const isWhole = skipped > 0 || [...kinds].some((kind) => !local.has(kind));
  const ids = new Set(isWhole ? [] : facts.flatMap(endpointsOf));
  return {
    now: iso(running.now),
    at: iso(state.at),
    state: isWhole ? pageState(state, settings(), running) : null,
    endpoints: [...ids].flatMap((id) => pageEndpointOf(state, settings(), id, running) ?? []),
    queue: kinds.has('queue') ? queueCountsOf(state, settings()) : null,
    live: running.live,
    facts: facts.map(factRow),
    skipped,
  };
}

/** Facts of these change nothing but what they are about. */
const local: ReadonlySet<string> = new Set(['endpoint', 'request', 'queue']);

function endpointsOf({ stream, data }: Recorded): readonly EndpointId[] {
  if (kindOf(stream) === 'endpoint') return [nameOf(stream) as EndpointId];
  const { attempts = [] } = data as { readonly attempts?: readonly Attempt[] };
  return attempts.map(({ endpoint }) => endpoint as EndpointId);
}
