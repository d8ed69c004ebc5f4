/** Forged incident files: excess is refused with its limit, and a forgery is reported as such. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type IncidentLimits, openIncident } from '../../src/history/incident-log.ts';
import { askIncident } from '../../src/history/incident-reading.ts';
import { IncidentSeal } from '../../src/history/incident-seal.ts';
import { at } from '../cli/command.ts';
import { temporaryHome } from '../support/home.ts';

const limits: IncidentLimits = { bytesMax: 100_000, headBytesMax: 50_000, factBytesMax: 5_000, factsMax: 20 };

let lines: readonly string[] = [];

beforeAll(async () => {
  const root = mkdtempSync(join(tmpdir(), 'qi-'));
  try {
    const run = at(join(root, 'q'));
    for (const name of ['work', 'spare']) await run('add', name, '--tier', 'primary');
    const file = join(root, 'incident');
    await run('history', 'export', '--incident', file);
    lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(0, -1);
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

/** As a forger would make it: with a checksum that fits. */
function fileOf(said: readonly string[]): string {
  const seal = new IncidentSeal();
  for (const line of said) seal.add(line);
  const path = join(dirname(temporaryHome()), 'incident');
  writeFileSync(path, [...said, JSON.stringify(seal.end())].join('\n'));
  return path;
}

const head = () => JSON.parse(lines[0] ?? '') as Record<string, unknown> & { state: Record<string, unknown> };
const fact = (n: number) => JSON.parse(lines[n] ?? '') as Record<string, unknown>;
const changed = (n: number, line: object) => lines.with(n, JSON.stringify(line));

describe('an incident file', () => {
  it('within its limits is read', async () => {
    const log = await openIncident(fileOf(lines), limits);
    expect(log.head - log.tail + 1).toBe(lines.length - 1);
  });

  it.each([
    ['bytes', { bytesMax: 1_000 }, 'it has more than 1000 bytes'],
    ['a state', { headBytesMax: 500 }, 'one of its lines has more than 500 bytes'],
    ['a fact', { factBytesMax: 100 }, 'one of its lines has more than 100 bytes'],
    ['facts', { factsMax: 3 }, 'it has more than 3 facts'],
  ] as const)('with too many of %s is refused', async (_, change, why) => {
    await expect(openIncident(fileOf(lines), { ...limits, ...change })).rejects.toMatchObject({
      code: 'QCC_CAPSULE_LIMIT',
      message: expect.stringContaining(why),
    });
  });

  it('without a line break is not read into memory', async () => {
    const path = join(dirname(temporaryHome()), 'endless');
    writeFileSync(path, 'x'.repeat(90_000));
    await expect(openIncident(path, limits)).rejects.toMatchObject({ code: 'QCC_CAPSULE_LIMIT' });
    if (process.platform !== 'win32')
      await expect(openIncident('/dev/zero', limits)).rejects.toMatchObject({ code: 'QCC_CAPSULE_LIMIT' });
  });

  it('with a fact that is too deep, or too large, is refused', async () => {
    const deep = lines.with(2, `{"data":${'['.repeat(2_000)}`);
    await expect(openIncident(fileOf(deep), limits)).rejects.toMatchObject({ code: 'QCC_CAPSULE_LIMIT' });
    const full = lines.with(2, `{"data":[${'1,'.repeat(60_000)}1]}`);
    await expect(
      openIncident(fileOf(full), { ...limits, bytesMax: 1_000_000, factBytesMax: 1_000_000 }),
    ).rejects.toMatchObject({ code: 'QCC_CAPSULE_LIMIT', message: expect.stringContaining('50000 values') });
  });

  it('that is forged is told from a damaged one, whatever its facts are', async () => {
    const damaged = { code: 'QCC_CAPSULE_DAMAGED', exit: 1 };
    const made: readonly (readonly string[])[] = [
      changed(2, { ...fact(2), seq: 9_999 }),
      changed(2, { ...fact(2), at: 'now' }),
      changed(2, { ...fact(2), at: null }),
      changed(2, { ...fact(2), stream: 7 }),
      changed(2, { ...fact(2), type: ['ProfileAdded'] }),
      changed(2, { ...fact(2), data: null }),
      lines.with(2, '[]'),
      lines.with(2, 'nonsense'),
      changed(0, { ...head(), state: null }),
      changed(0, { ...head(), from: '1' }),
      changed(0, { ...head(), state: { ...head().state, endpoints: 7 } }),
      changed(0, { ...head(), state: { ...head().state, versions: [7] } }),
      changed(0, { ...head(), state: { ...head().state, profiles: 'x' } }),
    ];
    for (const said of made) await expect(openIncident(fileOf(said))).rejects.toMatchObject(damaged);
    for (const data of [{}, { name: 7 }, { name: { x: 1 } }, { endpoint: ['x'] }, { name: '__proto__' }]) {
      for (const type of ['ProfileAdded', 'TierAssigned', 'EndpointAdded', 'SwitchedByHand', 'RequestServed', 'None']) {
        const path = fileOf(changed(2, { ...fact(2), type, data }));
        for (const [name, params] of [
          ['history.head', {}],
          ['history.at', { moment: { seq: 3 } }],
          ['history.whatIf', { foreign: true }],
        ] as const) {
          const code = await askIncident({ path, name, params }).then(
            () => undefined,
            (error: { readonly code?: string }) => error.code ?? String(error),
          );
          expect([undefined, 'QCC_CAPSULE_DAMAGED', 'QCC_HISTORY_TRIMMED']).toContain(code);
        }
      }
    }
    expect(Object.keys({})).toEqual([]);
  });

  it('is read by a reader process, which reports its faults', async () => {
    const run = at('/nowhere/qcc');
    const whole = await run('history', '--from-log', fileOf(lines), '--json');
    expect(whole.out.trim().split('\n')).toHaveLength(lines.length - 1);
    const { code, err } = await run('history', '--from-log', fileOf(changed(2, { ...fact(2), at: null })));
    expect([code, err]).toEqual([1, expect.stringContaining('is not a fact')]);
    const chinese = await run('history', '--from-log', fileOf(lines.with(2, '['.repeat(50))), '--lang', 'zh-CN');
    expect([chinese.code, chinese.err]).toEqual([1, expect.stringMatching(/超出故障文件的读取上限/)]);
  });
});
