/** The pager: for people at a terminal, the one that they are used to; without it, the history all the same. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { afterEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { Context } from '../../src/commands/context.ts';
import { paged, pagedWhole } from '../../src/commands/pager.ts';
import { makeOutput, type Output } from '../../src/terminal/output.ts';

const { isTTY } = process.stdout;
afterEach(() => {
  process.stdout.isTTY = isTTY;
});

async function told(pager: string, isTerminal: boolean, json = false, more: Readonly<Record<string, string>> = {}) {
  const before = process.stdout.isTTY;
  process.stdout.isTTY = isTerminal;
  const out = makeOutput({ colour: false, quiet: false });
  let used: Output | undefined;
  try {
    const context = {
      out,
      json,
      env: { PAGER: pager, PATH: process.env['PATH'], ...more },
    } as Partial<Context> as Context;
    await paged(context, async ({ out: given }) => {
      used = given;
      if (given !== out) given.line('a line');
    });
  } finally {
    process.stdout.isTTY = before;
  }
  return { isDirect: used === out };
}

/** By its name: the setting is a command line, and the folder's name may have blanks and quotes in it. */
function program(work = 'cat > "$0.got"'): { readonly name: string; read(): string } {
  const folder = mkdtempSync(join(tmpdir(), 'qp-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const name = 'pager-of-a-test';
  const path = join(folder, name);
  vi.stubEnv('PATH', `${folder}${delimiter}${process.env['PATH']}`);
  writeFileSync(path, `#!/bin/sh\n${work}\n`);
  chmodSync(path, 0o700);
  return { name, read: () => readFileSync(`${path}.got`, 'utf8') };
}

describe('the pager', () => {
  it('receives the output at a terminal, and is waited for', async () => {
    const pager = program();
    expect(await told(pager.name, true)).toEqual({ isDirect: false });
    expect(pager.read()).toBe('a line\n');
  });

  it('is told the charset, which a locale that is not installed does not tell it, and the user decides otherwise', async () => {
    const pager = program('printf %s "$LESSCHARSET" > "$0.got"');
    expect(await told(pager.name, true)).toEqual({ isDirect: false });
    expect(pager.read()).toBe('utf-8');
    expect(await told(pager.name, true, false, { LESSCHARSET: 'latin1' })).toEqual({ isDirect: false });
    expect(pager.read()).toBe('latin1');
  });

  it('receives an answer as a whole, with the width and the colours of the terminal', async () => {
    const pager = program();
    const out = makeOutput({ colour: true, quiet: false });
    process.stdout.isTTY = true;
    const context = { out, json: false, env: { PAGER: pager.name, PATH: process.env['PATH'] } };
    await pagedWhole(context as Partial<Context> as Context, (page) => {
      expect({ columns: page.out.columns, colour: page.out.colour }).toEqual({ columns: out.columns, colour: true });
      page.out.line('first', 'second');
    });
    expect(pager.read()).toBe('first\nsecond\n');
  });

  it('is skipped without a terminal, when it is `cat` or empty, and when it does not exist', async () => {
    const { name } = program();
    for (const [pager, isTerminal, json] of [
      [name, false, false],
      [name, true, true],
      ['cat', true, false],
      ['', true, false],
      ['/nope/less', true, false],
    ] as const)
      expect(await told(pager, isTerminal, json)).toEqual({ isDirect: true });
  });
});
