/** A background retry that cannot read its request, and the choice of endpoints when one lacks the model. */
import { expect, it, vi } from 'vitest';
import type { FoundMissing } from '../../events/endpoint.ts';
import type { QueueId } from '../../events/ids.ts';
import type { Missing } from '../../machines/routing-view.ts';
import { effective } from '../../src/config/settings/settings.ts';
import { failoverPolicy } from '../../src/policies/policies.ts';
import type { InFlightCounter } from '../../src/proxy/retry-queue.ts';
import { Background } from '../../src/retry-queue/background.ts';
import { BlobLost } from '../../src/retry-queue/blob-format.ts';
import { routable, viewOf } from '../support/routing-view.ts';

async function triedWith(fault: Error) {
  const attemptLog = { hasStarted: false, lost: vi.fn(), abandoned: vi.fn(), dropped: vi.fn() };
  const ports = { blobs: { open: () => Promise.reject(fault) } };
  const background = new Background(ports as never);
  background.run('q1' as QueueId, { asked: { body: 'blob' } } as never, attemptLog as never, {} as never);
  await vi.waitFor(() => expect(attemptLog.dropped).toHaveBeenCalled());
  return attemptLog;
}

it.each(['EMFILE', 'ENFILE', 'EIO', 'EACCES'])(
  'a queued request is not given up when the system refuses a read now: %s',
  async (code) => {
    const { lost } = await triedWith(Object.assign(new Error(code), { code }));
    expect(lost).not.toHaveBeenCalled();
  },
);

it('a queued request is given up when its stored body is gone', async () => {
  const { lost, abandoned } = await triedWith(new BlobLost('gone'));
  expect([lost.mock.calls.length, abandoned.mock.calls.length]).toEqual([1, 0]);
});

/** A try of an item whose endpoints say in turn what stands here; who was asked, and what was told of it. */
async function tried(
  said: Readonly<Record<string, 'answered' | 'noModel'>>,
  {
    lacks = {},
    held = [] as readonly string[],
    body = '',
    refuses = {},
  }: {
    lacks?: Readonly<Record<string, number>>;
    held?: readonly string[];
    body?: string;
    /** What is refused while it is in the body, and in which words. */
    refuses?: Readonly<Record<string, readonly [part: string, said: string]>>;
  } = {},
) {
  const now = 1_000_000;
  const asked: string[] = [];
  const told: unknown[][] = [];
  const ends: unknown[] = [];
  const bodies: string[] = [];
  const missing = new Map<string, readonly Missing[]>();
  const endpoints = Object.keys(said).map((name) =>
    routable(name, {
      ...(held.includes(name) && { state: 'failed', held: true, because: 'credential' }),
      lacks: name in lacks ? [{ model: 'm', until: now + (lacks[name] ?? 0) }] : [],
    }),
  );
  const seen = { status: 404, ttfbMs: 1, code: null, headers: [], body: new Uint8Array() };
  const noModel = { failure: 'noModel', retryAfterMs: null, resetAt: null };
  const { settings } = effective(new Map([['loadbalancer.strategy', 'failover']]), {});
  const ports = {
    blobs: { open: () => Promise.resolve({ head: { headers: [] }, whole: () => Promise.resolve(Buffer.from(body)) }) },
    view: () => viewOf({ main: endpoints.map((one) => ({ ...one, missing: missing.get(one.id) ?? [] })) }),
    settings: () => settings,
    failover: () => failoverPolicy(settings),
    secret: () => 'key',
    now: () => now,
    dice: () => 0.5,
    attemptSucceeded: () => {},
    attemptFailed: (...all: unknown[]) => void told.push(['failed', ...all]),
    hasAnswered: () => true,
    capabilityMissing: (id: string, found: FoundMissing, request: string) => {
      told.push(['missing', id, found, request]);
      missing.set(id, [{ ...found, until: now + 1 }]);
    },
    modelNotFound: (...all: unknown[]) => void told.push(['notFound', ...all]),
    modelFound: (...all: unknown[]) => void told.push(['found', ...all]),
    pool: {
      attempt: ({ origin, body: sent }: { readonly origin: string; readonly body: Uint8Array }) => {
        const name = new URL(origin).hostname.replace('.test', '');
        asked.push(name);
        bodies.push(Buffer.from(sent).toString());
        const [part, words] = refuses[name] ?? [];
        if (part !== undefined && bodies.at(-1)?.includes(part)) {
          const verdict = { failure: null, retryAfterMs: null, resetAt: null };
          const refused = { ...seen, status: 400, body: Buffer.from(words ?? '') };
          return Promise.resolve({ kind: 'failed', verdict, detail: '400', ...refused });
        }
        const result =
          said[name] === 'answered'
            ? { kind: 'answered', ttftMs: 1, bytes: 1, usage: null, ...seen, status: 200 }
            : { kind: 'failed', verdict: noModel, detail: '404', ...seen };
        return Promise.resolve(result);
      },
    },
  };
  const attemptLog = {
    hasStarted: true,
    starts: () => Promise.resolve(true),
    answered: () => void ends.push('answered'),
    failed: (why: unknown) => void ends.push(why),
    abandoned: (why: unknown) => void ends.push(why),
    dropped: vi.fn(),
  };
  const item = {
    asked: {
      body: 'b',
      request: 'r',
      path: '/v1/messages',
      method: 'POST',
      model: 'm',
      within: null,
    },
    expiresAt: now + 3_600_000,
  };
  const inFlight: InFlightCounter = {
    count: () => 0,
    isHalfOpenPermitFree: () => true,
    panicAt: () => 0,
    turn: () => 0,
    spend: () => true,
    begin: () => () => {},
  };
  new Background(ports as never).run('q1' as QueueId, item as never, attemptLog as never, inFlight);
  await vi.waitFor(() => expect(attemptLog.dropped).toHaveBeenCalled());
  return { asked, told, ends, bodies };
}

it('a background retry reports a missing model, blames no endpoint for it, and asks the next one', async () => {
  const { asked, told, ends } = await tried({ a: 'noModel', b: 'answered' });
  expect(asked).toEqual(['a', 'b']);
  expect(told).toEqual([
    ['notFound', 'a', 'm', 'r'],
    ['found', 'b', 'm', 'r'],
  ]);
  expect(ends).toEqual(['answered']);
});

it('a background retry asks once more without what an endpoint has refused, and blames nobody', async () => {
  const refusal = '{"error":{"message":"context_management: Extra inputs are not permitted"}}';
  const { asked, told, ends, bodies } = await tried(
    { a: 'answered', b: 'answered' },
    { body: '{"context_management":{},"model":"m"}', refuses: { a: ['context_management', refusal] } },
  );
  expect(asked).toEqual(['a', 'a']);
  expect(bodies).toEqual(['{"context_management":{},"model":"m"}', '{"model":"m"}']);
  const found = { model: 'm', what: 'context_management', limit: null, evidence: 'extraInput' };
  expect(told).toEqual([
    ['missing', 'a', found, 'r'],
    ['found', 'a', 'm', 'r'],
  ]);
  expect(ends).toEqual(['answered']);
});

it('a background retry skips an endpoint that lacks the model, until its time is up', async () => {
  expect((await tried({ a: 'noModel', b: 'answered' }, { lacks: { a: 1 } })).asked).toEqual(['b']);
  expect((await tried({ a: 'noModel', b: 'answered' }, { lacks: { a: 0 } })).asked).toEqual(['a', 'b']);
});

it('a background retry asks all endpoints when none is known to have the model, and gives up with their answer', async () => {
  const { asked, ends } = await tried({ a: 'noModel', b: 'noModel' }, { lacks: { a: 9, b: 9 } });
  expect(asked).toEqual(['a', 'b']);
  expect(ends).toMatchObject([{ failure: null }]);
});

it('a background retry waits for an endpoint that may have the model in time, instead of giving up', async () => {
  const { asked, ends } = await tried(
    { a: 'noModel', b: 'noModel', c: 'answered' },
    { lacks: { a: 60_000 }, held: ['c'] },
  );
  expect(asked).toEqual(['b']);
  expect(ends).toMatchObject([{ failure: 'unreachable' }]);
});
