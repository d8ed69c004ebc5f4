// Builds dist/: the compiler's output, the data files beside it, and a program that can be run.
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';

rmSync('dist', { recursive: true, force: true });
execFileSync(process.execPath, [join('node_modules', 'typescript', 'bin', 'tsc'), '-p', 'tsconfig.build.json'], {
  stdio: 'inherit',
});
for (const path of readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.json'))) {
  const to = join('dist', 'src', path);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(join('src', path), to);
}
chmodSync(join('dist', 'src', 'cli', 'main.js'), 0o755);
