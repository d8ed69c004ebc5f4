/** How the tests in a browser run: one after the other, because there is one screen's worth of processor. */
import { defineConfig } from 'vitest/config';

// A browser on a busy machine takes its time.
const patienceMs = 180_000;

export default defineConfig({
  test: {
    globalSetup: ['test/built-folder.ts'],
    setupFiles: ['test/setup.ts'],
    include: ['test/browser/*.browser.ts'],
    pool: 'forks',
    maxWorkers: 1,
    testTimeout: patienceMs,
    hookTimeout: patienceMs,
    env: { QCC_KEYCHAIN: 'off' },
  },
});
