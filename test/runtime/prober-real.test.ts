/** The prober with a real pool, a real core and real endpoints: what is out comes back without a request of the user's. */
import { expect, it, onTestFinished, vi } from 'vitest';
import { streams } from '../../events/ids.ts';
import { endpointStatus } from '../../machines/endpoint.ts';
import { type PlannedProbe, Prober } from '../../src/health/prober.ts';
import { openPool } from '../../src/pool/pool.ts';
import { coreWithLadder, first, second } from '../support/world.ts';
import { jobFor, simulated } from '../workers/simulated.ts';

// A worker that starts on a busy machine.
const patience = { timeout: 15_000 };

it('the prober restores an ejected endpoint, and ejects one whose key is refused', async () => {
  const [well, ill] = [await simulated(), await simulated()];
  await ill.play({ kind: 'status', status: 401 });
  const { core, world, log } = await coreWithLadder();
  const down = { failure: 'serverError', status: 503, request: null, retryAfterMs: null, resetAt: null } as const;
  for (let strikes = 0; strikes < 3; strikes++) {
    const data = { ...down, maybeBilled: false, detail: null };
    core.tellEndpoint(first, { type: 'AttemptFailed', data }, { by: 'traffic' });
  }
  const state = (id: typeof first) => endpointStatus(core.state.endpoint(id)).state;
  expect([state(first), state(second)]).toEqual(['failed', 'healthy']);

  const pool = openPool();
  const plan: readonly PlannedProbe[] = [first, second].map((endpoint) => ({ endpoint, depth: 'conversation' }));
  const prober = new Prober(
    {
      plan: () => plan,
      probe: ({ endpoint, depth }, signal) =>
        pool.probe(jobFor(endpoint === first ? well : ill, { endpoint, depth }), signal),
      isLocal: () => true,
      isOff: () => false,
      found: (endpoint, report) => core.tellEndpoint(endpoint, report, { by: 'probe' }),
      network: () => undefined,
      slept: () => undefined,
    },
    world,
    { lookEveryMs: () => 20, atOnceMax: 8 },
  );
  onTestFinished(async () => {
    await prober.stop();
    await pool.close();
  });
  prober.start();
  await vi.waitFor(() => expect([state(first), state(second)]).toEqual(['recovering', 'failed']), patience);

  await prober.stop();
  const facts = [];
  for await (const page of log.read(1)) facts.push(...page);
  const probed = facts.filter(({ by }) => by === 'probe');
  expect(probed.find(({ stream }) => stream === streams.endpoint(first))?.type).toBe('ProbeSucceeded');
  expect(probed.find(({ stream }) => stream === streams.endpoint(second))).toMatchObject({
    type: 'ProbeFailed',
    data: { verdict: 'invalid_key', failure: 'credential' },
  });
  expect(JSON.stringify(facts)).not.toContain(ill.key);
});
