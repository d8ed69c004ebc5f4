/** How the tests run. Coverage is asked for with `--coverage`; only then its threshold counts. */
import { readFileSync, statfsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { defineConfig, type TestProjectInlineConfiguration } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Tests start real gateways; on a busy machine with two cores a start alone may take seconds, and a simulated day half a minute.
const patienceMs = 60_000;

// Homes are small; a few tests write some hundred MiB.
const roomBytes = 4 * 1024 ** 3;

/**
 * Where temporary folders are: in memory, where the system has such a disk with room and lets programs on it run. Each of some
 * thousand homes waits for the disk several times, and for whatever else is written to it. Whoever sets TMPDIR decides.
 */
function temporaryFolder(): { readonly TMPDIR?: string } {
  const place = '/dev/shm';
  try {
    const mount = readFileSync('/proc/self/mounts', 'utf8')
      .split('\n')
      .find((line) => line.split(' ')[1] === place);
    const options = mount?.split(' ')[3]?.split(',') ?? [];
    const { bavail, bsize } = statfsSync(place);
    const fits = options.includes('rw') && !options.includes('noexec') && bavail * bsize > roomBytes;
    return fits && !process.env['TMPDIR'] ? { TMPDIR: place } : {};
  } catch {
    // Not Linux.
    return {};
  }
}

/** What changes the process that it runs in, or measures it, has one of its own: modules in another's place, the mask, memory, file descriptors. */
const alone = [
  'test/cli/asking.test.ts',
  'test/cli/confirming-upkeep.test.ts',
  'test/config/umask.test.ts',
  'test/platform/descriptors.test.ts',
  'test/health/addresses.test.ts',
  'test/health/gateway.test.ts',
  'test/platform/large-memory.test.ts',
  'test/proxy/body.test.ts',
  'test/proxy/memory.test.ts',
];

/**
 * They take longest, in an order in which no more than two of them wait at a time, for gateways that start, end and are killed, while the
 * others compute. What begins last must not be one of them.
 */
const longest = [
  // They wait. While they do, the next ones compute, until they have ended and those after them wait in turn.
  'test/health/gateway.test.ts',
  'test/commands/gateway/gateway-ends.test.ts',
  'test/retry-queue/parking.test.ts',
  // They compute.
  'test/simulation/simulation.test.ts',
  'test/history/what-if.test.ts',
  'test/history/page.test.ts',
  'test/history/then.test.ts',
  'test/runtime/strangers.test.ts',
  'test/log/repair.test.ts',
  'test/dashboard/guard.test.ts',
  'test/cli/hostile.test.ts',
  // They wait.
  'test/commands/demo/demo.test.ts',
  'test/cli/process.test.ts',
  // They do both.
  'test/proxy/hostile.test.ts',
  'test/proxy/packed.test.ts',
  'test/machines/priority-properties.test.ts',
  'test/commands/history/past.test.ts',
  'test/commands/sync/sync.test.ts',
  'test/commands/client/statusline.test.ts',
  'test/control/repair.test.ts',
  'test/commands/health/health.test.ts',
  'test/commands/dashboard/dashboard.test.ts',
];

/** On a fresh checkout nothing is known of how long a file takes: vitest then begins with the largest. */
class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId, project }: TestSpecification) => {
      const at = longest.findIndex((path) => moduleId.endsWith(`/${path}`));
      const among = at < 0 ? longest.length : at;
      // A process that files share is ended, with all that it has loaded, as soon as the next file wants one of its own: those begin first.
      return project.name === 'alone' ? among - longest.length - 1 : among;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

const shared = {
  setupFiles: ['test/setup.ts'],
  // Not threads: the program sets its umask, which only a process of its own can.
  pool: 'forks',
  // Tests wait for processes and sockets more than they compute. A percentage would be cut off at 100.
  maxWorkers: 2 * availableParallelism(),
  testTimeout: patienceMs,
  hookTimeout: patienceMs,
  // What a test has changed is as it was for the next one.
  unstubEnvs: true,
  unstubGlobals: true,
  // No test reads or writes the keychain of whoever runs it.
  env: { QCC_KEYCHAIN: 'off', ...temporaryFolder() },
} satisfies TestProjectInlineConfiguration['test'];

export default defineConfig({
  test: {
    globalSetup: ['test/built-folder.ts'],
    sequence: { sequencer: LongestFirst },
    projects: [
      { test: { ...shared, name: 'alone', include: alone } },
      // Modules are loaded once a process, and not once a file.
      { test: { ...shared, name: 'together', isolate: false, include: ['test/**/*.test.ts'], exclude: alone } },
    ],
    coverage: {
      provider: 'v8',
      include: ['src/**/*.ts', 'machines/**/*.ts', 'events/**/*.ts', 'workers/**/*.ts'],
      thresholds: { lines: 90 },
    },
  },
});
