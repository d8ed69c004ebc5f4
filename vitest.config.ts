/** How the tests run. Coverage is asked for with `--coverage`; only then its threshold counts. */
import { defineConfig } from 'vitest/config';

// Tests start real gateways; on a busy machine with two cores a start alone may take seconds.
const patienceMs = 20_000;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    setupFiles: ['test/setup.ts'],
    // Not threads: the program sets its umask, which only a process of its own can.
    pool: 'forks',
    // Tests wait for processes and sockets more than they compute: a core need not be kept for vitest itself.
    maxWorkers: '100%',
    testTimeout: patienceMs,
    hookTimeout: patienceMs,
    // No test reads or writes the keychain of whoever runs it.
    env: { QCC_KEYCHAIN: 'off' },
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'machines/**/*.ts', 'events/**/*.ts', 'workers/**/*.ts'],
      thresholds: { lines: 90 },
    },
  },
});
