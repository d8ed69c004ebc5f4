/** A home of one's own in a temporary folder, removed when the test ends. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

// Short, because a Unix socket's path must fit into 103 bytes.
export function temporaryHome(): string {
  const root = mkdtempSync(join(tmpdir(), 'qt-'));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  process.env['QCC_KEYCHAIN'] = 'off';
  return join(root, 'q');
}
