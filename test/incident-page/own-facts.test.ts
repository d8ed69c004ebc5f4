/** The facts inside of an incident page: they answer as the file of the same incident does, and nothing that was changed is believed. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { Recorded } from '../../events/fact.ts';
import { openIncident } from '../../src/history/incident-log.ts';
import { IncidentSeal } from '../../src/history/incident-seal.ts';
import { ask } from '../../src/history/questions.ts';
import { type Answering, openOwnFacts } from '../../src/incident-page/own-facts.ts';
import type { ReadableLog } from '../../src/log/log.ts';
import { MemoryLog } from '../../src/log/memory-log.ts';

/** The later part of a recorded storm: what came before it is a state. */
async function written(): Promise<readonly string[]> {
  const text = readFileSync(join(import.meta.dirname, '../histories/0.1.0-storm.ndjson'), 'utf8');
  const log = new MemoryLog(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Recorded),
  );
  const { head, redaction } = await ask(log, 'capsule.begin', { fromSeq: 41, salt: 'salt', hashNames: false });
  const lines = [JSON.stringify(head)];
  for (let from: number | null = head.from; from !== null; ) {
    const page: { facts: readonly object[]; next: number | null } = await ask(log, 'capsule.facts', {
      from,
      to: head.to,
      redaction,
    });
    lines.push(...page.facts.map((fact) => JSON.stringify(fact)));
    from = page.next;
  }
  return sealed(lines);
}

function sealed(lines: readonly string[]): readonly string[] {
  const seal = new IncidentSeal();
  for (const line of lines) seal.add(line);
  return [...lines, JSON.stringify(seal.end())];
}

const textOf = (lines: readonly string[]) => `\n${lines.join('\n')}\n`;

let lines: readonly string[];
let page: Answering;
let file: ReadableLog;

beforeAll(async () => {
  lines = await written();
  page = await openOwnFacts(textOf(lines), 'incident.html');
  const folder = mkdtempSync(join(tmpdir(), 'qt-'));
  const path = join(folder, 'incident.ndjson');
  writeFileSync(path, lines.map((line) => `${line}\n`).join(''));
  file = await openIncident(path);
  rmSync(folder, { recursive: true });
});

describe('an incident page', () => {
  it('shows each moment as the file does', async () => {
    const step = Math.ceil((file.head - file.tail) / 40);
    for (let seq = file.tail - 1; seq <= file.head; seq += step) {
      const moment = { seq };
      expect(await page.call('dashboard.state', { moment })).toEqual(await ask(file, 'dashboard.state', { moment }));
    }
    expect(page.state).toEqual(await ask(file, 'dashboard.state', {}));
    expect(page.state.live).toBeNull();
  });

  it('answers what the views ask as the file does', async () => {
    const { rows } = await ask(file, 'dashboard.requests', { limit: 20 });
    expect(rows.length).toBeGreaterThan(5);
    expect(await page.call('dashboard.requests', { limit: 20 })).toEqual(
      await ask(file, 'dashboard.requests', { limit: 20 }),
    );
    for (const { request } of rows.slice(0, 5))
      expect(await page.call('history.explain', { about: request })).toEqual(
        await ask(file, 'history.explain', { about: request }),
      );
    expect(await page.call('dashboard.bands', {})).toEqual(await ask(file, 'dashboard.bands', {}));
    expect(await page.call('incidents.list', {})).toEqual(await ask(file, 'incidents.list', {}));
    expect(await page.call('history.read', { limit: 50 })).toEqual(await ask(file, 'history.read', { limit: 50 }));
    const ends = { from: { seq: file.tail }, to: { seq: file.head } };
    expect(await page.call('history.diff', ends)).toEqual(await ask(file, 'history.diff', ends));
    const set = { 'failover.failure_threshold': '5' };
    expect(await page.call('history.whatIf', { set })).toEqual(
      await ask(file, 'history.whatIf', { set, foreign: true }),
    );
  });

  it('lists and tries settings without those of the machine that reads it', async () => {
    process.env['QCC_FAILOVER_FAILURE_THRESHOLD'] = '7';
    onTestFinished(() => {
      delete process.env['QCC_FAILOVER_FAILURE_THRESHOLD'];
    });
    const { settings } = await page.call('config.list', {});
    expect(settings['failover.failure_threshold']).toMatchObject({ origin: 'default', env: expect.any(String) });
    expect(settings['failover.failure_threshold']?.value).not.toBe(7);
    const { switches } = await page.call('history.whatIf', {});
    expect(switches).toEqual((await ask(file, 'history.whatIf', { foreign: true })).switches);
  });

  it('tells the checks of an endpoint', async () => {
    const [endpoint] = page.state.profiles.flatMap(({ endpoints }) => endpoints);
    const { checks } = await page.call('health.history', { id: endpoint?.id ?? '', limit: 5 });
    expect(checks).toEqual(
      (await ask(file, 'health.checks', { endpoint: endpoint?.id ?? '', profile: endpoint?.profile ?? '', limit: 5 }))
        .checks,
    );
  });

  it('tells of its end what a gateway tells of now: the queue, usage, metrics and the configuration', async () => {
    const [endpoint] = page.state.profiles.flatMap(({ endpoints }) => endpoints);
    const { endpoints } = await page.call('health.metrics', { id: endpoint?.id ?? '' });
    expect(endpoints).toMatchObject([
      { id: endpoint?.id, checks: expect.any(Number), successRate: expect.any(Number) },
    ]);
    const { stats, prices } = await page.call('stats.read', {});
    expect(stats.map(({ requests, cost }) => [requests > 0, cost])).toEqual(stats.map(() => [true, null]));
    expect([stats.length > 0, prices]).toEqual([true, null]);
    const { groups } = await page.call('stats.usage', { by: 'day', zone: 'UTC' });
    expect(groups).toMatchObject([{ name: '2026-01-01', totalUsd: null }]);
    expect((await page.call('queue.list', {})).items).toEqual([]);
    expect((await page.call('config.snapshots', {})).snapshots).toEqual([]);
    const ends = { from: { seq: file.tail }, to: { now: true } } as const;
    expect(await page.call('config.diff', ends)).toEqual({ changes: [] });
  });

  it('knows the names of endpoints', async () => {
    const { head, names } = await page.call('history.head', {});
    expect(head).toBe(file.head);
    const known = page.state.profiles.flatMap(({ name, endpoints }) => endpoints.map((one) => `${name}/${one.name}`));
    expect(Object.values(names).sort()).toEqual([...known].sort());
  });

  it('says of what only a gateway knows that it does not', async () => {
    await expect(page.call('config.set', { key: 'dashboard.port', value: '1' })).rejects.toMatchObject({
      code: 'QCC_CAPSULE_LACKS',
      params: { name: 'config.set' },
    });
    await expect(page.call('capsule.facts', {} as never)).rejects.toMatchObject({ code: 'QCC_CAPSULE_LACKS' });
  });
});

describe('what is not as it was written', () => {
  it.each([
    [
      'a fact was changed',
      (all: readonly string[]) => all.map((line, i) => (i === 5 ? line.replace('"by":', '"by": ') : line)),
    ],
    ['a fact was taken out', (all: readonly string[]) => all.filter((_, i) => i !== 5)],
    ['the end was cut off', (all: readonly string[]) => all.slice(0, -1)],
    ['it is something else', () => ['{"some":"thing"}', '{"end":true}']],
    ['it is empty', () => []],
  ])('is refused: %s', async (_, change) => {
    await expect(openOwnFacts(textOf(change(lines)), 'incident.html')).rejects.toMatchObject({
      code: 'QCC_CAPSULE_DAMAGED',
      params: { path: 'incident.html' },
    });
  });

  it('is refused with the name of the version that wrote it, when that is a newer one', async () => {
    const [first = '', ...rest] = lines.slice(0, -1);
    const newer = JSON.stringify({ ...JSON.parse(first), capsule: 99, qcc: '9.9.9' });
    await expect(openOwnFacts(textOf(sealed([newer, ...rest])), 'incident.html')).rejects.toMatchObject({
      code: 'QCC_CAPSULE_VERSION',
      params: { qcc: '9.9.9' },
    });
  });
});
