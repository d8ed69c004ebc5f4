/** The pager: for people at a terminal, the one that they are used to; without it, the history all the same. */
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Context } from '../../src/commands/context.ts';
import { paged } from '../../src/commands/pager.ts';
import { makeOutput, type Output } from '../../src/terminal/output.ts';

async function told(pager: string, isTerminal: boolean, json = false) {
  const before = process.stdout.isTTY;
  process.stdout.isTTY = isTerminal;
  const out = makeOutput({ colour: false, quiet: false });
  let used: Output | undefined;
  try {
    const context = { out, json, env: { PAGER: pager, PATH: process.env['PATH'] } } as Partial<Context> as Context;
    await paged(context, async ({ out: given }) => {
      used = given;
      if (given !== out) given.line('a line');
    });
  } finally {
    process.stdout.isTTY = before;
  }
  return { isDirect: used === out };
}

function program(): { readonly path: string; read(): string } {
  const folder = mkdtempSync(join(tmpdir(), 'qp-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const path = join(folder, 'pager');
  writeFileSync(path, '#!/bin/sh\ncat > "$0.got"\n');
  chmodSync(path, 0o700);
  return { path, read: () => readFileSync(`${path}.got`, 'utf8') };
}

describe('the pager', () => {
  it('gets what is told at a terminal, and is waited for', async () => {
    const pager = program();
    expect(await told(pager.path, true)).toEqual({ isDirect: false });
    expect(pager.read()).toBe('a line\n');
  });

  it('is left out where nobody reads on a terminal, where it is `cat` or nothing, and where there is none', async () => {
    const { path } = program();
    for (const [pager, isTerminal, json] of [
      [path, false, false],
      [path, true, true],
      ['cat', true, false],
      ['', true, false],
      ['/nope/less', true, false],
    ] as const)
      expect(await told(pager, isTerminal, json)).toEqual({ isDirect: true });
  });
});
