/** The machines decide by the settings at the moment of the report. */

import { expect, it, onTestFinished } from 'vitest';
import type { Fact, Recorded } from '../../events/fact.ts';
import { type EndpointId, streams } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { openInstallation } from '../../src/installation/installation.ts';
import { temporaryHome } from '../support/home.ts';

it('a changed setting applies to the next failure, and a reset one is as before', async () => {
  const installation = await openInstallation(temporaryHome());
  onTestFinished(() => installation.close());
  const { core } = installation;
  const data = {
    failure: 'credential',
    status: 401,
    request: 'request',
    retryAfterMs: null,
    resetAt: null,
    maybeBilled: false,
    detail: reason('status', { status: 401, type: null }),
  } as const;
  const set = (to: number | null) =>
    core.report(
      streams.config,
      [{ type: 'SettingChanged', data: { key: 'health.credential_interval', from: null, to } }],
      {
        by: 'cli',
      },
    );
  const spans: number[] = [];
  for (const [i, to] of [null, 50, 70, null].entries()) {
    set(to);
    const { facts } = core.tellEndpoint(
      `0000000${i}` as EndpointId,
      { type: 'AttemptFailed', data },
      { by: 'traffic' },
    );
    const failed = facts.find(({ type }) => type === 'EndpointFailed') as Recorded<
      Fact<'EndpointFailed', { until: number }>
    >;
    // The instant of the fact may be later by what it took to get there.
    spans.push(Math.ceil((failed.data.until - failed.at) / 1_000));
  }
  expect(spans).toEqual([600, 50, 70, 600]);
});
