/**
 * Connections that break off at every byte, on every side of the gateway: clients with and without TLS, endpoints, a proxy on the way, the
 * control socket. The cases are those of `test/proxy/connection-fuzz.test.ts`, which runs a few of them. Ends with 1 when a case ends more
 * than its own connection.
 *
 * node scripts/fuzz-connections.mjs [--cases 5000] [--seed 1]     `--cases all`: every byte of every one, some minutes
 */
import { spawnSync } from 'node:child_process';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { cases: { type: 'string', default: '5000' }, seed: { type: 'string', default: '1' } },
});
// More than any side has.
const all = 1_000_000;
const cases = values.cases === 'all' ? all : Number(values.cases);
const args = ['node_modules/vitest/vitest.mjs', 'run', 'test/proxy/connection-fuzz.test.ts', '--reporter=verbose'];
const env = { ...process.env, QCC_FUZZ_CASES: String(cases), QCC_FUZZ_SEED: values.seed };
process.exitCode = spawnSync(process.execPath, args, { env, stdio: 'inherit' }).status ?? 1;
