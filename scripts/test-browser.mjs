/**
 * Looks at the page of the dashboard in the Chromium of this machine: `npm run test:browser [VITEST'S ARGUMENTS]`. Pictures go into
 * test/browser/pictures/. Without a Chromium it says so, and runs no test.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { chromiumNames, findChromium } from './chromium.mjs';

const browser = findChromium();

if (browser === undefined) {
  process.stdout.write(`no Chromium on this machine (${chromiumNames.join(', ')}): 0 tests run\n`);
} else {
  const vitest = join('node_modules', 'vitest', 'vitest.mjs');
  const args = [vitest, 'run', '--config', join('test', 'browser', 'vitest.config.ts'), ...process.argv.slice(2)];
  const env = { ...process.env, QCC_TEST_BROWSER: browser };
  process.exitCode = spawnSync(process.execPath, args, { stdio: 'inherit', env }).status ?? 1;
}
