/**
 * Packs qcc as for a release, installs the tarball in each usual way, and uses it there: away from the checkout, in homes of its own.
 * Dependencies come from the registry and the cache that npm is configured with.
 *
 * node scripts/try-package.mjs
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const isWindows = process.platform === 'win32';
const npm = isWindows ? 'npm.cmd' : 'npm';
const npx = isWindows ? 'npx.cmd' : 'npx';
const quiet = ['--no-audit', '--no-fund', '--prefer-offline'];
const installMs = 300_000;
const commandMs = 60_000;

/** How a user tries a fresh installation, and what must be in the output. */
const walk = [
  { args: ['--version'], says: JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).version },
  { args: ['demo', '--once'], says: 'Every turn was answered' },
  { args: ['init'], says: 'created' },
  { args: ['add', 'work', '--tier', 'primary'], says: 'work' },
  { args: ['proxy', 'start', '--port', '0'], says: 'http://127.0.0.1:' },
  { args: ['status'], says: 'http://127.0.0.1:' },
  { args: ['history', '--limit', '1'], says: 'started: http' },
  { args: ['proxy', 'stop'], says: '' },
];

// Short, because a Unix socket's path must fit into 103 bytes.
const folder = mkdtempSync(join(tmpdir(), 'qp-'));
try {
  main();
} finally {
  rmSync(folder, { recursive: true, force: true });
}

function main() {
  const pack = packed();
  const tarball = join(folder, pack.filename);
  const ways = [inFolder, globally, withoutScripts, throughNpx];
  let failed = 0;
  for (const way of ways) {
    const faults = tryWay(way, tarball);
    if (faults.length > 0) failed++;
    process.stdout.write(`${faults.length > 0 ? 'FAIL' : 'ok  '}  ${way.name}\n`);
    for (const fault of faults) process.stdout.write(`      ${fault}\n`);
  }
  tell(pack);
  process.stdout.write(`${ways.length - failed} passed, ${failed} failed\n`);
  process.exitCode = failed > 0 ? 1 : 0;
}

function packed() {
  const { stdout } = run(npm, ['pack', '--json', '--pack-destination', folder], { cwd: root, timeout: installMs });
  const [pack] = JSON.parse(stdout);
  return pack;
}

function inFolder(to, tarball) {
  run(npm, ['install', '--prefix', to, ...quiet, tarball], { cwd: to, timeout: installMs });
  return [join(to, 'node_modules', '.bin', isWindows ? 'qcc.cmd' : 'qcc')];
}

function globally(to, tarball, ...flags) {
  run(npm, ['install', '--global', '--prefix', to, ...quiet, ...flags, tarball], { cwd: to, timeout: installMs });
  return [isWindows ? join(to, 'qcc.cmd') : join(to, 'bin', 'qcc')];
}

/** Some machines let no dependency run a script during installation. */
function withoutScripts(to, tarball) {
  return globally(to, tarball, '--ignore-scripts');
}

function throughNpx(to, tarball) {
  return [npx, '--yes', '--prefer-offline', '--cache', join(to, 'cache'), '--package', tarball, '--', 'qcc'];
}

/** Faults, in sentences. */
function tryWay(way, tarball) {
  const to = join(folder, way.name);
  mkdirSync(to);
  const env = {
    ...process.env,
    QCC_HOME: join(folder, `${way.name}-q`),
    QCC_KEYCHAIN: 'off',
    NO_COLOR: '1',
    QCC_LANG: 'en',
  };
  let program;
  try {
    program = way(to, tarball);
  } catch (error) {
    return [error.message];
  }
  const [file, ...before] = program;
  const faults = [];
  for (const { args, says } of walk) {
    try {
      const { stdout, stderr } = run(file, [...before, ...args], { cwd: to, env, timeout: commandMs });
      if (!`${stdout}${stderr}`.includes(says))
        faults.push(`qcc ${args.join(' ')} does not say "${says}": ${stdout}${stderr}`);
    } catch (error) {
      faults.push(error.message);
    }
  }
  return faults;
}

function tell({ size, unpackedSize, files }) {
  const installed = join(folder, inFolder.name, 'node_modules');
  const { packages } = JSON.parse(readFileSync(join(installed, '.package-lock.json'), 'utf8'));
  const { dependencies } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const others = Object.entries(packages).filter(([path]) => path !== 'node_modules/qcc');
  const scripts = others
    .filter(([, { hasInstallScript }]) => hasInstallScript)
    .map(([path]) => path.slice('node_modules/'.length));
  const KiB = (bytes) => `${(bytes / 1_024).toFixed(0)} KiB`;
  process.stdout.write(
    `${files.length} files, ${KiB(size)} packed, ${KiB(unpackedSize)} unpacked, ${KiB(bytesIn(installed))} installed\n` +
      `${Object.keys(dependencies).length} direct dependencies, ${others.length} in all; with an install script: ${scripts.join(', ') || 'none'}\n`,
  );
}

function bytesIn(dir) {
  const entries = readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return entries.reduce((sum, { parentPath, name }) => sum + statSync(join(parentPath, name)).size, 0);
}

/** @throws when it does not end with 0, with its output */
function run(file, args, options) {
  const done = spawnSync(file, args, { encoding: 'utf8', shell: isWindows, ...options });
  if (done.status === 0) return done;
  const said = `${done.stderr ?? ''}${done.stdout ?? ''}`.trim().split('\n').slice(-8).join('\n');
  throw new Error(
    `${[file, ...args].join(' ')} ended with ${done.status ?? done.signal ?? done.error?.message}: ${said}`,
  );
}
