/** The access log's file when it cannot be written for a while. */
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { openAccessLog } from '../../src/platform/access-log-file.ts';
import { temporaryHome } from '../support/home.ts';

it('the access log is written again once its file is writable, and a failure in between stops no request', async () => {
  const folder = join(temporaryHome(), 'logs');
  const path = join(folder, 'access.log');
  mkdirSync(dirname(folder), { recursive: true });
  // A file where its folder belongs.
  writeFileSync(folder, '');
  const log = openAccessLog(path, 1);
  log.write('{"lost":true}');
  log.write(`{"long":"${'x'.repeat(100_000)}"}`);
  rmSync(folder);
  await vi.waitFor(() => {
    log.write('{"kept":true}');
    expect(existsSync(path) && readFileSync(path, 'utf8')).toContain('{"kept":true}\n');
  });
  await log.close();
});

it('the access log closes even while its file cannot be written', async () => {
  const folder = join(temporaryHome(), 'logs');
  mkdirSync(dirname(folder), { recursive: true });
  writeFileSync(folder, '');
  const log = openAccessLog(join(folder, 'access.log'), 1);
  log.write('{"lost":true}');
  await log.close();
});
