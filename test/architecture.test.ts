/**
 * The architecture, as tables: who may import whom, which package is known where, and that the core is pure.
 * A part that is not named here does not exist. Nothing looks down the list.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { describe, expect, it } from 'vitest';

const core = ['events/', 'machines/', 'src/projections/'] as const;

/** What each part may import beside itself and Node. The longest name that a file begins with is its part. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'events/': [],
  'machines/': ['events/'],
  'src/projections/': ['events/', 'machines/'],
  'workers/': [
    'events/',
    'machines/',
    'src/config/backup-manifest.ts',
    'src/config/incoming.ts',
    'src/config/reading.ts',
    'src/control/operations.ts',
    'src/control/unpacking.ts',
    'src/errors.ts',
    'src/history/capsule-reading.ts',
    'src/history/questions.ts',
    'src/log/',
    'src/proxy/answer.ts',
    'src/proxy/connection.ts',
    'src/proxy/deadline.ts',
    'src/proxy/dial.ts',
    'src/proxy/encoding.ts',
    'src/proxy/headers.ts',
    'src/proxy/held-bytes.ts',
    'src/proxy/outcome.ts',
    'src/proxy/receiver.ts',
    'src/proxy/upstream.ts',
  ],
  'src/errors.ts': ['src/key-shape.ts'],
  'src/key-shape.ts': [],
  'src/large-memory.ts': [],
  'src/version.ts': [],
  'src/visible.ts': [],
  'src/access-log-file.ts': [],
  'src/descriptors.ts': [],
  'src/later.ts': [],
  'src/uncaught.ts': ['src/errors.ts'],
  'src/port-holder.ts': ['src/errors.ts'],
  'src/plain-file.ts': [],
  'src/log/': ['events/', 'src/errors.ts', 'src/plain-file.ts'],
  'src/config/': ['events/', 'src/errors.ts', 'src/key-shape.ts', 'src/plain-file.ts', 'src/visible.ts'],
  'src/apart.ts': ['src/errors.ts', 'workers/'],
  'src/pool.ts': ['src/control/json.ts', 'src/errors.ts', 'src/history/questions.ts', 'workers/'],
  'src/history/': [
    'events/',
    'machines/',
    'src/config/bounded.ts',
    'src/config/nearest.ts',
    'src/config/settings.ts',
    'src/control/config-operations.ts',
    'src/control/history-operations.ts',
    'src/control/operations.ts',
    'src/control/policies.ts',
    'src/control/rows.ts',
    'src/errors.ts',
    'src/log/',
    'src/projections/',
    'src/proxy/sessions.ts',
    'src/runtime/',
    'src/version.ts',
  ],
  'src/runtime/': ['events/', 'machines/', 'src/log/', 'src/projections/', 'workers/'],
  'src/proxy/': [
    'events/',
    'machines/',
    'src/config/base-url.ts',
    'src/config/outbound-proxy.ts',
    'src/config/settings.ts',
    'src/errors.ts',
    'src/later.ts',
    'src/large-memory.ts',
    'src/projections/quantiles.ts',
    'src/runtime/uuid.ts',
    'src/visible.ts',
  ],
  'src/queue/': [
    'events/',
    'machines/',
    'src/errors.ts',
    'src/large-memory.ts',
    'src/pool.ts',
    'src/projections/',
    'src/proxy/desk.ts',
    'src/proxy/headers.ts',
    'src/proxy/ports.ts',
    'src/runtime/',
    'workers/',
  ],
  'src/health/': ['events/', 'machines/', 'src/config/', 'src/projections/', 'src/runtime/', 'workers/'],
  'src/notify/': ['events/', 'src/config/', 'src/later.ts', 'src/runtime/', 'src/visible.ts'],
  'src/control/': [
    'events/',
    'machines/',
    'src/apart.ts',
    'src/config/',
    'src/descriptors.ts',
    'src/errors.ts',
    'src/history/',
    'src/key-shape.ts',
    'src/later.ts',
    'src/log/',
    'src/notify/',
    'src/pool.ts',
    'src/port-holder.ts',
    'src/projections/',
    'src/queue/blobs.ts',
    'src/runtime/',
    'src/version.ts',
    'src/visible.ts',
    'workers/',
  ],
  'src/gateway-alone.ts': ['src/config/', 'src/control/', 'src/errors.ts'],
  'src/gateway-end.ts': [],
  'src/gateway-ports.ts': [
    'events/',
    'machines/',
    'src/control/',
    'src/health/',
    'src/projections/',
    'src/proxy/',
    'src/runtime/',
  ],
  'src/gateway-queue.ts': [
    'machines/',
    'src/control/',
    'src/health/',
    'src/gateway-alone.ts',
    'src/gateway-end.ts',
    'src/gateway-ports.ts',
    'src/pool.ts',
    'src/queue/',
  ],
  'src/gateway.ts': ['events/', 'machines/', 'src/'],
  'src/bench/': ['src/control/'],
  'src/demo/': ['events/', 'src/config/', 'src/control/', 'src/errors.ts', 'src/gateway.ts', 'src/version.ts'],
  'src/cli/': ['events/', 'machines/', 'src/'],
};

/** Where each package is known. To change one for another, one opens these files and no others. */
const knownBy: Readonly<Record<string, readonly string[]>> = {
  xstate: ['machines/'],
  'classic-level': ['src/log/'],
  level: ['src/log/'],
  undici: ['src/notify/webhook.ts'],
  piscina: ['src/pool.ts'],
  'prom-client': ['src/proxy/figures.ts'],
  valibot: ['src/config/', 'src/control/inputs.ts'],
  'jsonc-parser': ['src/config/claude.ts'],
  'rotating-file-stream': ['src/access-log-file.ts'],
  '@pydantic/genai-prices': ['src/control/prices.ts'],
  citty: ['src/cli/'],
  consola: ['src/cli/output.ts'],
  '@clack/prompts': ['src/cli/'],
};

/** The core says what and why. It never knows when, where or by chance, and waits for nothing. */
const impure =
  /\b(Date\.now|new Date\(|Math\.random|crypto\.|performance\.|process\.|console\.|setTimeout|setInterval|fetch\()|['"]node:|\b(async|await)\b/;

/** What `qcc --help` must not pay for. */
const heavy = ['@pydantic/genai-prices', 'classic-level', 'level', 'piscina', 'prom-client', 'undici', 'xstate'];

interface Import {
  readonly target: string;
  /** Part of loading the file: neither a type, which is erased, nor an `import()`, which comes later. */
  readonly isEager: boolean;
}

const files = ['events', 'machines', 'workers', 'src'].flatMap((root) =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(root, path).replaceAll('\\', '/')),
);
const importsByFile = new Map(files.map((file) => [file, importsOf(file)]));

const allImports = [...importsByFile].flatMap(([file, imports]) => imports.map(({ target }) => ({ file, target })));
const told = ({ file, target }: { readonly file: string; readonly target: string }) => `${file} → ${target}`;

it.each(Object.entries(mayImport))('%s imports nothing but itself and %j', (part, others) => {
  const allowed = [part, ...others];
  const strangers = allImports.filter(
    ({ file, target }) => partOf(file) === part && isFile(target) && !allowed.some((one) => target.startsWith(one)),
  );
  expect(strangers.map(told)).toEqual([]);
});

it.each(Object.entries(knownBy))('%s is known by %j alone', (name, places) => {
  const strangers = allImports.filter(
    ({ file, target }) => target === name && !places.some((place) => file.startsWith(place)),
  );
  expect(strangers.map(told)).toEqual([]);
});

it.each(core)('%s is pure', (part) => {
  const faults = files
    .filter((file) => file.startsWith(part))
    .flatMap((file) => {
      const found = withoutComments(readFileSync(file, 'utf8')).match(impure);
      return found ? [`${file}: ${found[0]}`] : [];
    });
  expect(faults).toEqual([]);
});

describe('the whole', () => {
  it('has a part for every file', () => {
    expect(files.filter((file) => partOf(file) === undefined)).toEqual([]);
  });

  it('imports only packages that it is installed with', () => {
    const strangers = allImports.filter(({ target }) => !(isFile(target) || Object.hasOwn(knownBy, target)));
    expect(strangers.map(told)).toEqual([]);
  });

  it('imports only files that are there', () => {
    const missing = [...importsByFile].flatMap(([file, imports]) =>
      imports
        .filter(({ target }) => isFile(target) && !importsByFile.has(target))
        .map(({ target }) => `${file} → ${target}`),
    );
    expect(missing).toEqual([]);
  });

  it('has a place for every package that it is installed with, and no other', () => {
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      dependencies: Record<string, string>;
    };
    expect(Object.keys(knownBy).sort()).toEqual(Object.keys(dependencies).sort());
  });

  it('names no part that is gone', () => {
    const gone = Object.keys(mayImport).filter((part) => !files.some((file) => file.startsWith(part)));
    expect(gone).toEqual([]);
  });

  it('answers --help without loading what serves', () => {
    const loaded = closureOf('src/cli/driver.ts');
    expect(loaded).toContain('src/cli/driver.ts');
    expect(loaded.filter((target) => heavy.includes(target))).toEqual([]);
  });

  it('answers a command without a gateway without loading what calls others', () => {
    const loaded = ['src/control/installation.ts', 'src/control/table.ts'].flatMap(closureOf);
    expect(loaded).toContain('level');
    expect(loaded.filter((target) => ['piscina', 'undici'].includes(target))).toEqual([]);
  });
});

function partOf(path: string): string | undefined {
  const parts = Object.keys(mayImport).filter((part) => path.startsWith(part));
  return parts.sort((a, b) => b.length - a.length)[0];
}

function isFile(target: string): boolean {
  return /^(events|machines|workers|src)\//.test(target);
}

function importsOf(file: string): readonly Import[] {
  const text = withoutComments(readFileSync(file, 'utf8'));
  const statements = /^(?:import|export)\s+(type\s+)?(?:[^'"`;]*?\sfrom\s+)?'([^']+)'/gm;
  const eager = [...text.matchAll(statements)].map(([, type, name = '']) => ({
    name,
    isEager: type === undefined,
  }));
  const late = [...text.matchAll(/\bimport\('([^']+)'\)/g)].map(([, name = '']) => ({
    name,
    isEager: false,
  }));
  return [...eager, ...late]
    .filter(({ name }) => !name.startsWith('node:'))
    .map(({ name, isEager }) => ({ target: resolved(file, name), isEager }));
}

/** A file by its path, a package by its name. */
function resolved(file: string, name: string): string {
  if (name.startsWith('.')) return normalize(join(dirname(file), name)).replaceAll('\\', '/');
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Everything that is loaded when a file is, packages included. */
function closureOf(file: string): readonly string[] {
  const seen = new Set([file]);
  for (const one of seen) {
    for (const { target, isEager } of importsByFile.get(one) ?? []) {
      if (isEager) seen.add(target);
    }
  }
  return [...seen];
}

/** Comments may say `process.`; a `//` in a string (`https://`) is none, because a colon stands before it. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[^:'"`])\/\/.*$/gm, '$1');
}
