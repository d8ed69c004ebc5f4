/**
 * Runs before each file of tests, and removes the settings of the developer's shell. A proxy, a language, a setting of qcc or an umask
 * would affect the program, and tests would fail for some people and pass for others.
 */
import { join } from 'node:path';
import process from 'node:process';
import { pathToFileURL } from 'node:url';
import { inject, vi } from 'vitest';

// What runs of their own are told with (`QCC_FUZZ_SEED`), and that no test touches a keychain.
const own = /^QCC_(FUZZ_|TEST_|KEYCHAIN$)/;
const heard =
  /^(QCC_|ANTHROPIC_|CLAUDE_|LC_|LANG(UAGE)?$|(HTTPS?|ALL|NO)_PROXY$|NO_COLOR$|FORCE_COLOR$|CI$|PAGER$|LESS$|XDG_|DBUS_SESSION_|NODE_TLS_|NODE_EXTRA_|NODE_OPTIONS$|SSL_CERT_)/i;

for (const name of Object.keys(process.env)) if (heard.test(name) && !own.test(name)) delete process.env[name];
// Where a day begins.
process.env['TZ'] = 'UTC';
process.umask(0o022);

// A thread or a process of its own cannot run the sources: it runs what is compiled of them.
vi.mock('../src/pool/program.ts', () => ({
  programAt: (path: string) => pathToFileURL(join(inject('builtIn'), 'dist', `${path}.js`)),
}));
