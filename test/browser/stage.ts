/** A gateway with simulated endpoints and a client, for a browser to look at. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { askOnce } from '../../src/commands/demo/client.ts';
import type { Call } from '../../src/contract/operations.ts';
import { connect } from '../../src/control/client.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { type SimulatedEndpoint, startSimulatedEndpoint } from '../../src/simulated-endpoint/simulated-endpoint.ts';

export interface Actor {
  readonly id: string;
  readonly profile: string;
  readonly simulated: SimulatedEndpoint;
}

export interface Stage {
  readonly home: string;
  readonly url: string;
  readonly call: Call;
  readonly actors: Readonly<Record<'office' | 'desk' | 'relay' | 'spare', Actor>>;
  /** An address that opens the page once. */
  address(readOnly?: boolean): Promise<string>;
  /** A turn of a client. */
  ask(session?: string): ReturnType<typeof askOnce>;
  close(): Promise<void>;
}

const cast = [
  ['office', 'office', 'primary'],
  ['desk', 'office', null],
  ['relay', 'relay', 'secondary'],
  ['spare', 'spare', 'fallback'],
] as const;

/** Short enough to see an outage end, long enough to see it. */
const settings: Readonly<Record<string, string>> = {
  'proxy.headers_timeout': '1.2',
  'proxy.first_content_timeout': '1.2',
  'health.mode': 'off',
  'health.backoff_base': '3',
  'health.backoff_max': '6',
  'health.ramp': '1',
  'failover.failure_threshold': '1',
  'failover.recovery_checks': '1',
  'failover.cooldown': '0',
  'failover.recovery_delay': '0.3',
  'failover.max_per_hour': '10000',
};

export async function setStage(more: Readonly<Record<string, string>> = {}): Promise<Stage> {
  process.env['QCC_KEYCHAIN'] = 'off';
  const root = mkdtempSync(join(tmpdir(), 'qt-'));
  const home = join(root, 'q');
  const gateway = await runGateway({ home, port: 0 });
  const connection = await connect({ home, needGateway: true });
  const { call } = connection;
  for (const [key, value] of Object.entries({ ...settings, ...more })) await call('config.set', { key, value });
  const actors: Partial<Record<keyof Stage['actors'], Actor>> = {};
  for (const [name, profile, tier] of cast) {
    const simulated = await startSimulatedEndpoint({ name, paceMs: 5 });
    const { url, key, auth } = simulated;
    if (tier !== null) await call('profile.add', { name: profile, tier });
    const { id } = await call('endpoint.add', {
      profile,
      name,
      baseUrl: url,
      key,
      auth,
      maxFailures: 2,
      priority: tier === null ? 2 : 1,
    });
    actors[name] = { id, profile, simulated };
  }
  return {
    home,
    url: gateway.url,
    call,
    actors: actors as Stage['actors'],
    address: async (readOnly = false) => (await call('dashboard.open', { readOnly, port: 0 })).url,
    ask: (session = 'a-session') => askOnce(gateway.url, session, 'Say something.'),
    close: async () => {
      await connection.close();
      await gateway.stop(0);
      await gateway.stopped;
      for (const one of Object.values(actors)) await one.simulated.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

/** A short day: traffic, an outage and its end, a switch by hand, an endpoint that is disabled, and a wish that was cut off. */
export async function playDay({ call, actors, ask }: Stage): Promise<void> {
  for (let turn = 0; turn < 12; turn++) await ask(`session-${turn % 3}`);
  await actors.office.simulated.play({ kind: 'status', status: 529, type: 'overloaded_error' });
  for (let turn = 0; turn < 6; turn++) await ask(`session-${turn % 3}`);
  await actors.office.simulated.play({ kind: 'refuse' });
  await actors.desk.simulated.play({ kind: 'status', status: 500 });
  for (let turn = 0; turn < 8; turn++) await ask(`session-${turn % 4}`);
  await call('config.set', { key: 'failover.cooldown', value: '5' });
  await actors.desk.simulated.play({ kind: 'none' });
  await call('priority.switch', { profile: 'relay', reason: 'the office moves' });
  for (let turn = 0; turn < 6; turn++) await ask(`session-${turn % 3}`);
  await call('endpoint.disable', { profile: 'spare', id: actors.spare.id });
  await call('priority.release', {});
  await call('config.snapshot', { description: 'after the outage' });
  await actors.relay.simulated.play({ kind: 'breaks', when: 'afterContent', how: 'reset' });
  await ask('session-9');
  await actors.relay.simulated.play({ kind: 'none' });
  for (let turn = 0; turn < 4; turn++) await ask(`session-${turn % 3}`);
}
