/**
 * A home with a long log, written by the gateway's own core on a clock of its own: weeks of requests at one endpoint, outages during which
 * another profile takes over, and snapshots at the intervals of maintenance. A million facts take about a minute.
 */
import { source } from '../source.mjs';

// The retention of the log, with some room: the gateway that is started on it has nothing to trim.
const longestMs = 20 * 86_400_000;
const gapMostMs = 5_000;
const flushEvery = 2_500;
// The interval of maintenance.
const snapshotEvery = 5_000;
const outageEvery = 4_000;
const outageLasts = 120;
const busyEvery = 97;

/**
 * @param home where it is made: nothing exists there yet
 * @param facts the minimum number; `tail` of them come after the newest snapshot
 */
export async function writeLongLog(home, { facts, tail = 0, upstream = 'http://127.0.0.1:9' }) {
  // The keychain must not prompt for a password here.
  process.env.QCC_KEYCHAIN = 'off';
  const gapMs = Math.min(gapMostMs, Math.floor(longestMs / facts));
  const clock = { at: Date.now() - facts * gapMs };
  const { openInstallation } = await source('src/installation/installation.ts');
  const installation = await openInstallation(home, { now: () => clock.at, dice: () => 0.5 });
  try {
    await live(installation, clock, gapMs, { facts, tail, upstream });
  } finally {
    await installation.close();
  }
}

async function live(installation, clock, gapMs, { facts, tail, upstream }) {
  const { core } = installation;
  const [main, spare] = await profilesOf(installation, upstream);
  const life = new Life(core, main, spare, await source('src/platform/uuid.ts'));
  let [flushed, saved] = [0, 0];
  for (let request = 1; core.state.seq < facts; request++) {
    clock.at += gapMs;
    if ((core.nextDueAt() ?? clock.at + 1) <= clock.at) core.tick();
    life.request(request);
    const { seq } = core.state;
    if (seq - flushed >= flushEvery) {
      flushed = seq;
      await core.log.flush();
    }
    const isLast = saved < facts - tail && seq >= facts - tail;
    if (isLast || (seq - saved >= snapshotEvery && seq < facts - tail)) {
      saved = seq;
      await core.snapshot();
    }
  }
}

async function profilesOf(installation, upstream) {
  const { operations } = await source('src/control/table.ts');
  const table = operations(installation, undefined);
  const endpoint = { baseUrl: upstream, auth: 'x-api-key', key: 'sk-bench-0123456789' };
  // The cost of looking at an endpoint is not part of this measurement.
  await table['config.set']({ key: 'health.mode', value: 'off' });
  await table['profile.add']({ name: 'bench', tier: 'primary', endpoint });
  await table['profile.add']({ name: 'spare', tier: 'secondary', endpoint });
  return ['bench', 'spare'].map((name) => installation.core.state.profiles.get(name).endpoints[0]);
}

class Life {
  #core;
  #main;
  #spare;
  #uuidv7;

  constructor(core, main, spare, { uuidv7 }) {
    this.#core = core;
    this.#main = main;
    this.#spare = spare;
    this.#uuidv7 = uuidv7;
  }

  /** One from its first attempt to its fact. */
  request(number) {
    const core = this.#core;
    const request = this.#uuidv7(core.now());
    const view = core.view();
    const isOut = number % outageEvery >= outageEvery - outageLasts;
    const isBusy = number % busyEvery === 0;
    const attempts = [];
    if (view.endpoints.get(this.#main.id).state !== 'failed') {
      const failure = (isOut && 'serverError') || (isBusy && 'overloaded');
      attempts.push(this.#attempt(this.#main, failure || 'answered', 'priority'));
      if (failure) this.#failed(this.#main, failure, request);
    }
    if (attempts.at(-1)?.outcome !== 'answered') attempts.push(this.#attempt(this.#spare, 'answered', 'priority'));
    const { endpoint, ttfbMs } = attempts.at(-1);
    core.attemptSucceeded(endpoint, { request, ttfbMs, ttftMs: ttfbMs + 100 });
    core.requestEnded(`request/${request}`, {
      type: 'RequestServed',
      data: this.#served(number, view.seq, attempts),
    });
  }

  #attempt({ id }, outcome, because) {
    const status = { answered: 200, serverError: 503, overloaded: 529 }[outcome];
    return { endpoint: id, at: this.#core.now(), outcome, status, ttfbMs: 200 + (this.#core.state.seq % 97), because };
  }

  #failed({ id }, failure, request) {
    const none = { retryAfterMs: null, resetAt: null, maybeBilled: false, detail: null };
    const data = { failure, status: failure === 'overloaded' ? 529 : 503, request, ...none };
    this.#core.tellEndpoint(id, { type: 'AttemptFailed', data }, { by: 'traffic' });
  }

  #served(number, view, attempts) {
    const { endpoint, ttfbMs } = attempts.at(-1);
    return {
      session: `session-${number % 50}`,
      model: `claude-bench-${number % 3}`,
      stream: true,
      path: '/v1/messages',
      within: null,
      attempts,
      status: 200,
      durationMs: 900,
      view,
      endpoint,
      profile: endpoint === this.#main.id ? 'bench' : 'spare',
      ttfbMs,
      ttftMs: ttfbMs + 100,
      bytes: 1_000,
      usage: { input: 10, output: 20, cacheRead: 3, cacheWrite: 4 },
    };
  }
}
