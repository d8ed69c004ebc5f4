/** An incident file: it contains nothing private, and all that is needed to query it elsewhere. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { EndpointId, RequestId } from '../../events/ids.ts';
import { streams } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { openIncident } from '../../src/history/incident-log.ts';
import { IncidentSeal } from '../../src/history/incident-seal.ts';
import { ask } from '../../src/history/questions.ts';
import type { MemoryLog } from '../../src/log/memory-log.ts';
import { attemptFailed, endpointSettings, openCore } from '../support/world.ts';

const first = '11111111' as EndpointId;
const secrets = [
  'customer-4711',
  'sk-ant-1234',
  'my-relay.example',
  'a word to nobody',
  'session-of-mine',
  '/home/me/cert.pem',
];

/** A failover of two profiles whose names, addresses and settings reveal private details. */
async function incident() {
  const { core, log, world } = await openCore();
  const baseUrl = 'https://my-relay.example/customer-4711/v1';
  for (const [profile, tier, endpoint] of [
    ['acme', 'primary', first],
    ['spare', 'secondary', '22222222'],
  ] as const) {
    core.report(
      streams.profile(profile as never),
      [
        { type: 'ProfileAdded', data: { name: profile, description: 'a word to nobody' } },
        { type: 'TierAssigned', data: { name: profile, tier } },
        {
          type: 'EndpointAdded',
          data: { ...endpointSettings(endpoint as EndpointId), baseUrl, maskedKey: 'sk-ant-1234' },
        },
      ],
      { by: 'cli' },
    );
  }
  const cert = { key: 'proxy.tls_cert', from: '', to: '/home/me/cert.pem' };
  core.report('config', [{ type: 'SettingChanged', data: cert }], { by: 'cli' });
  await core.snapshot();
  const begun = core.state.seq;
  for (let i = 0; i < 3; i++) {
    world.pass(1_000);
    const { data } = attemptFailed('unreachable');
    const detail = reason('told', { text: `connect to ${baseUrl} failed, see /home/me/cert.pem` });
    core.tellEndpoint(first, { type: 'AttemptFailed', data: { ...data, detail } }, { by: 'traffic' });
  }
  core.requestEnded(streams.request('r1' as RequestId), {
    type: 'RequestFailed',
    data: {
      session: 'session-of-mine',
      model: 'claude',
      stream: true,
      path: '/v1/messages/batches/customer-4711',
      within: null,
      attempts: [],
      status: 503,
      durationMs: 1,
      view: begun,
      because: 'nobodyAnswers',
    },
  });
  core.tellPriority({ type: 'SwitchByHand', to: 'acme', reason: 'a word to nobody' }, { by: 'cli' });
  return { log, begun };
}

async function written(log: MemoryLog, begun: number, hashNames = false) {
  const given = { fromSeq: begun + 1, salt: 'salt', hashNames };
  const { head, redaction } = await ask(log, 'capsule.begin', given);
  const { facts } = await ask(log, 'capsule.facts', { from: head.from, to: head.to, redaction });
  const seal = new IncidentSeal();
  const lines = [head, ...facts].map((line) => JSON.stringify(line));
  for (const line of lines) seal.add(line);
  return [...lines, JSON.stringify(seal.end())];
}

function file(lines: readonly string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'qi-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'incident.ndjson');
  writeFileSync(path, lines.join('\n'));
  return path;
}

describe('an incident file', () => {
  it('has hosts without paths, hashes of sessions, and no text of the user', async () => {
    const { log, begun } = await incident();
    const text = (await written(log, begun)).join('\n');
    for (const secret of secrets.filter((one) => one !== 'my-relay.example')) expect(text).not.toContain(secret);
    expect(text).toContain('connect to https://my-relay.example failed, see …');
    expect(text).toContain('"path":"/v1/messages/batches"');
    expect(text).toContain('acme');
  });

  it('has neither names nor hosts when they are hashed, not even in sentences', async () => {
    const { log, begun } = await incident();
    const text = (await written(log, begun, true)).join('\n');
    for (const secret of [...secrets, 'acme', 'spare', 'relay-11']) expect(text).not.toContain(secret);
    expect(text).toMatch(/"type":"FailedOver"/);
  });

  it('gives the same answers elsewhere as the log does here: machines, differences, what-if', async () => {
    const { log, begun } = await incident();
    const elsewhere = await openIncident(file(await written(log, begun)));
    expect([elsewhere.tail, elsewhere.head]).toEqual([begun + 1, log.head]);
    for (let seq = begun; seq <= log.head; seq++) {
      const states = async (one: typeof elsewhere) =>
        (await ask(one, 'history.at', { moment: { seq } })).machines.map(({ id, state, since }) => ({
          id,
          state,
          since,
        }));
      expect(await states(elsewhere)).toEqual(await states(log));
    }
    const range = { from: { seq: begun }, to: { seq: log.head } };
    const paths = async (one: typeof elsewhere) =>
      (await ask(one, 'history.diff', range)).changes.map(({ stream, path, facts }) => [stream, path, facts]);
    expect(await paths(elsewhere)).toEqual(await paths(log));
    expect((await ask(elsewhere, 'history.whatIf', { foreign: true })).switches).toEqual({ recorded: 1, replayed: 1 });
    await expect(ask(elsewhere, 'history.at', { moment: { seq: begun - 1 } })).rejects.toMatchObject({
      code: 'QCC_HISTORY_TRIMMED',
    });
  });

  it('is read completely and unchanged, or not at all', async () => {
    const { log, begun } = await incident();
    const lines = await written(log, begun);
    const damaged = { code: 'QCC_CAPSULE_DAMAGED', exit: 1 };
    await expect(openIncident(file(lines.slice(0, -1)))).rejects.toMatchObject(damaged);
    await expect(openIncident(file([lines.join('\n').slice(0, 300)]))).rejects.toMatchObject(damaged);
    await expect(openIncident(file(lines.toSpliced(2, 1)))).rejects.toMatchObject(damaged);
    await expect(
      openIncident(file(lines.with(2, lines[2]?.replace('unreachable', 'timeout') ?? ''))),
    ).rejects.toMatchObject(damaged);
    await expect(openIncident(file(['{}', '{}']))).rejects.toMatchObject(damaged);
    await expect(openIncident('/nowhere/incident')).rejects.toMatchObject({ code: 'QCC_CAPSULE_UNREADABLE', exit: 5 });
    expect(readFileSync(file(lines), 'utf8')).toBe(lines.join('\n'));
  });

  it('of another format is refused with the version that wrote it', async () => {
    const { log, begun } = await incident();
    const [head = '', ...rest] = await written(log, begun);
    const other = JSON.stringify({ ...JSON.parse(head), capsule: 99 });
    const seal = new IncidentSeal();
    const lines = [other, ...rest.slice(0, -1)];
    for (const line of lines) seal.add(line);
    await expect(openIncident(file([...lines, JSON.stringify(seal.end())]))).rejects.toMatchObject({
      code: 'QCC_CAPSULE_VERSION',
    });
  });
});
