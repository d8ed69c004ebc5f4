/** The fleet over a real nats-server: killed, frozen, emptied, and with a lock on its door. */
import { describe, expect, it } from 'vitest';
import type { FleetSettings } from '../../src/fleet/fleet.ts';
import { openNats } from '../../src/fleet/nats-engine.ts';
import { Exchange, fleetSecret, gatewayIn, keepsPromises } from '../support/fleet.ts';
import { hasNats, natsServer } from '../support/nats.ts';

const none = { name: 'x', secret: fleetSecret, user: '', password: '', nkey: '', tlsCa: '', followsSwitch: true };
const at = (url: string, more: Partial<FleetSettings> = {}) => ({ open: () => openNats({ ...none, url, ...more }) });

/** Until it is so: the server and the sockets are real. */
async function until(isSo: () => boolean, look: () => Promise<unknown>): Promise<void> {
  while (!isSo()) {
    await look();
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe.skipIf(!hasNats)('over nats-server, a fleet', () => {
  it('has an engine that keeps the promises of every engine', async () => {
    const { url } = await natsServer();
    await keepsPromises(at(url).open);
  });

  it('outlives a server that is killed and comes back with an empty folder', async () => {
    const server = await natsServer();
    const { world } = new Exchange();
    const a = await gatewayIn(at(server.url), 'a', { world });
    const b = await gatewayIn(at(server.url), 'b', { world });
    await a.fails('quota', { retryAfterMs: 1_800_000 });
    await until(() => b.hearsay().until !== null, b.fleet.step.bind(b.fleet));
    expect(b.hearsay()).toMatchObject({ because: 'quota', by: 'a' });
    await server.kill();
    server.forget();
    await a.pass(21);
    expect(a.fleet.row()).toMatchObject({ state: 'connecting', error: expect.any(String) });
    await server.start();
    await a.pass(31);
    expect(a.fleet.row().state).toBe('connected');
    const late = await gatewayIn(at(server.url), 'late', { world });
    await until(() => late.hearsay().until !== null, late.fleet.step.bind(late.fleet));
    expect(late.hearsay()).toMatchObject({ because: 'quota', by: 'a' });
  });

  it('leaves a server that is frozen after two seconds, and comes back to it', async () => {
    const server = await natsServer();
    const a = await gatewayIn(at(server.url), 'a');
    server.freeze();
    await a.fails('quota', { retryAfterMs: 1_800_000 });
    expect(a.fleet.row()).toMatchObject({ state: 'connecting', published: 0 });
    server.process.kill('SIGCONT');
    await a.pass(31);
    expect(a.fleet.row()).toMatchObject({ state: 'connected', behind: 0 });
    const b = await gatewayIn(at(server.url), 'b', { world: a.world });
    await until(() => b.hearsay().until !== null, b.fleet.step.bind(b.fleet));
  });

  it('is let in with a password, and not with a wrong one', async () => {
    const { url } = await natsServer('authorization { user: qcc, password: right }');
    const wrong = await gatewayIn(at(url, { user: 'qcc', password: 'wrong' }), 'a');
    expect(wrong.fleet.row()).toMatchObject({ state: 'connecting', error: 'AuthorizationError' });
    const right = await gatewayIn(at(url, { user: 'qcc', password: 'right' }), 'a');
    expect(right.fleet.row()).toMatchObject({ state: 'connected', server: expect.stringMatching(/^2\./) });
  });
});
