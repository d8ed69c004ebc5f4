import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { at } from '../../cli/command.ts';
import { temporaryHome } from '../../support/home.ts';

function line(n: number, level = 'info'): string {
  return JSON.stringify({ n, level });
}

/** The access log and, before it, a rotated one. */
function logged(now: readonly string[], before: readonly string[] = []) {
  const home = temporaryHome();
  const folder = join(home, 'logs');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  writeFileSync(join(folder, 'access.log'), now.map((one) => `${one}\n`).join(''));
  if (before.length > 0)
    writeFileSync(join(folder, '20260101-1200-01-access.log'), before.map((one) => `${one}\n`).join(''));
  return Object.assign(at(home), { home });
}

describe('qcc proxy logs', () => {
  it('prints the last lines unchanged', async () => {
    const run = logged([line(1), line(2), line(3)]);
    expect(await run('proxy', 'logs', '--lines', '2')).toMatchObject({ code: 0, out: `${line(2)}\n${line(3)}\n` });
  });

  it('continues in the rotated file when more lines are requested', async () => {
    const run = logged([line(3)], [line(1), line(2)]);
    expect((await run('proxy', 'logs', '-n', '2')).out).toBe(`${line(2)}\n${line(3)}\n`);
    expect((await run('proxy', 'logs', '-n', '1')).out).toBe(`${line(3)}\n`);
  });

  it('prints lines of at least the given level', async () => {
    const run = logged([line(1, 'error'), line(2), line(3, 'warn'), line(4, 'debug')]);
    expect((await run('proxy', 'logs', '--level', 'warn')).out).toBe(`${line(1, 'error')}\n${line(3, 'warn')}\n`);
    expect((await run('proxy', 'logs', '--level', 'error', '-n', '1')).out).toBe(`${line(1, 'error')}\n`);
  });

  it('prints nothing for zero lines, or for an empty log', async () => {
    expect(await logged([line(1)])('proxy', 'logs', '--lines', '0')).toMatchObject({ code: 0, out: '' });
    expect(await at(temporaryHome())('proxy', 'logs')).toMatchObject({ code: 0, out: '' });
  });
});

describe('qcc proxy logs on a terminal', () => {
  const { isTTY } = process.stdout;
  afterEach(() => {
    process.stdout.isTTY = isTTY;
    vi.unstubAllEnvs();
  });

  const asked = {
    time: '2026-01-01T12:30:00.000Z',
    level: 'info',
    request: '01a20fcf-4a1c-71d1-baa9-a6922562709d',
    method: 'POST',
    path: '/v1/messages',
    status: 200,
    outcome: 'served',
    endpoint: 'b4bf9d00',
    attempts: 1,
    model: 'claude-simulated',
    durationMs: 113,
  };
  const lines = [
    asked,
    { ...asked, attempts: 2, endpoint: 'fd466698' },
    { ...asked, status: 503, outcome: 'failed', endpoint: null, attempts: 3, path: '/v1/messages/count_tokens' },
    { ...asked, status: 0, outcome: 'cancelled', time: '2026-01-01T17:30:00.000Z' },
    { ...asked, outcome: 'broken', model: null },
  ].map((one) => JSON.stringify(one));

  const onTerminal = (run: ReturnType<typeof at>, ...argv: readonly string[]) => {
    vi.stubEnv('TZ', 'Asia/Shanghai');
    process.stdout.isTTY = true;
    return run('proxy', 'logs', '--no-color', ...argv);
  };

  it('is for people: a line a request, in their own time, with what an explanation asks for', async () => {
    const { out } = await onTerminal(logged(lines));
    expect(out.split('\n')).toEqual([
      '── 2026-01-01 +08:00 ──',
      '20:30:00 200 b4bf9d00                  in 113 ms, claude-simulated',
      '20:30:00 200 fd466698                  in 113 ms, 2 attempts, claude-simulated, request/…62709d',
      '20:30:00 503 -                         failed after 113 ms, 3 attempts, claude-simulated, /v1/messages/count_tokens, request/…62709d',
      '── 2026-01-02 +08:00 ──',
      '01:30:00 -   b4bf9d00                  its client left after 113 ms, claude-simulated, request/…62709d',
      '── 2026-01-01 +08:00 ──',
      '20:30:00 200 b4bf9d00                  its answer broke off after 113 ms, request/…62709d',
      '',
    ]);
  });

  it('names endpoints as the home does, and speaks the language of its reader', async () => {
    const run = logged([]);
    await run('add', 'work', '--base-url', 'http://127.0.0.1:9', '--api-key', 'sk-ant-0123456789abcdef');
    const { endpoints } = (await run('endpoint', 'list', 'work', '--json')).json() as { endpoints: { id: string }[] };
    const line = JSON.stringify({ ...asked, endpoint: endpoints[0]?.id });
    writeFileSync(join(run.home, 'logs', 'access.log'), `${line}\n`);
    const { out } = await onTerminal(run, '--lang', 'zh-CN');
    expect(out).toContain('work/127.0.0.1:9          用时 113 ms，claude-simulated');
  });

  it('prints the lines themselves with --json, and where they are none of ours', async () => {
    expect((await onTerminal(logged(lines), '--json')).out).toBe(`${lines.join('\n')}\n`);
    expect((await onTerminal(logged([line(1), 'not JSON']))).out).toBe(`${line(1)}\nnot JSON\n`);
  });

  it('says so when there is none', async () => {
    expect(await onTerminal(at(temporaryHome()))).toMatchObject({
      code: 0,
      out: '',
      err: 'no request is in the log\n',
    });
  });
});
