/** Checks what `npm publish` would send, before a release: only files that belong, all that are needed, and not too much. */
import { execFileSync } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
// The program, the page with its compressed copies, and the page that is one file: only a file that does not belong could make it larger.
const packedBytesMax = 1_408 * 1024;

const expected = [
  /^package\.json$/,
  /^(README|CHANGELOG)\.md$/,
  /^LICENSE$/,
  /^docs\/([\w-]+\/)?[\w-]+\.md$/,
  /^dist\/(workers|src)\/([\w-]+\/)*[\w-]+\.js$/,
  /^dist\/src\/log\/level\.cjs$/,
  /^dist\/src\/config\/network\/presets\.json$/,
  /^dist\/page\/[\w-]+\.(html|js|css|svg)(\.(gz|br))?$/,
  /^dist\/incident-page\/incident\.html$/,
];
const needed = [
  'package.json',
  'README.md',
  'LICENSE',
  'CHANGELOG.md',
  'dist/src/cli/main.js',
  'dist/src/config/network/presets.json',
  'dist/page/index.html',
  'dist/incident-page/incident.html',
];

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
// Scripts are left out: `prepack` would build once more.
const [pack] = JSON.parse(
  execFileSync(npm, ['pack', '--dry-run', '--json', '--ignore-scripts'], {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  }),
);
const paths = pack.files.map(({ path }) => path);
const faults = [
  ...paths
    .filter((path) => !expected.some((form) => form.test(path)))
    .map((path) => `${path} does not belong in the package`),
  ...needed.filter((path) => !paths.includes(path)).map((path) => `${path} is missing`),
  ...(pack.size > packedBytesMax ? [`${pack.size} bytes are more than ${packedBytesMax}`] : []),
];
for (const fault of faults) process.stderr.write(`pack list: ${fault}\n`);
process.stdout.write(
  `${paths.length} files, ${(pack.size / 1024).toFixed(1)} KiB packed, ${(pack.unpackedSize / 1024).toFixed(1)} KiB unpacked\n`,
);
process.exitCode = faults.length > 0 ? 1 : 0;
