/** The content of `npm publish`: its documents link to no file that is left out. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';

const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';

// It takes a second to list them.
let packed: readonly string[] | undefined;

function packedFiles(): readonly string[] {
  packed ??= listed();
  return packed;
}

function listed(): readonly string[] {
  // Scripts are left out: `prepack` would build the program, and papers need no program.
  const text = execFileSync(npm, ['pack', '--dry-run', '--json', '--ignore-scripts'], { encoding: 'utf8' });
  const [pack] = JSON.parse(text) as readonly { readonly files: readonly { readonly path: string }[] }[];
  return (pack?.files ?? []).map(({ path }) => path);
}

it('the papers of the package link only to files that are in it', () => {
  const files = packedFiles();
  expect(files).toContain('README.md');
  expect(files).toContain('docs/zh-CN/README.md');
  const isPacked = (path: string) => files.some((file) => file === path || file.startsWith(`${path}/`));
  const dead = files
    .filter((file) => file.endsWith('.md'))
    .flatMap((file) => {
      const links = [...readFileSync(file, 'utf8').matchAll(/\]\((?!https?:|#)([^)\s#]+)/g)].map(
        ([, link = '']) => link,
      );
      const targets = links.map((link) => ({ link, path: join(dirname(file), link).replaceAll('\\', '/') }));
      return targets.filter(({ path }) => !isPacked(path)).map(({ link }) => `${file} → ${link}`);
    });
  expect(dead).toEqual([]);
});

it('names no address of a source, a homepage or a tracker: none is known', () => {
  const packed = JSON.parse(readFileSync('package.json', 'utf8')) as Record<string, unknown>;
  expect(['repository', 'homepage', 'bugs', 'funding', 'author'].filter((field) => field in packed)).toEqual([]);
  const papers = execFileSync('git', ['ls-files', '*.md', '*.json'], { encoding: 'utf8' }).trim().split('\n');
  const naming = papers.filter(
    (path) => path !== 'package-lock.json' && /qcc-gateway/.test(readFileSync(path, 'utf8')),
  );
  expect(naming).toEqual([]);
});

it('shows pictures that are in the repository, wherever that is, and carries none of them', () => {
  const readme = readFileSync('README.md', 'utf8');
  const shown = [...readme.matchAll(/(?:src|srcset)="([^"]+)"/g)].map(([, address = '']) => address);
  expect(shown.length).toBeGreaterThan(0);
  for (const address of shown) expect(address.startsWith('docs/pictures/') && existsSync(address), address).toBe(true);
  expect(packedFiles().filter((path) => path.endsWith('.png'))).toEqual([]);
});
