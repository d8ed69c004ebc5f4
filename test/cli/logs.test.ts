import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryHome } from '../support/home.ts';
import { at } from './command.ts';

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
  return at(home);
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
