/**
 * The architecture, computed from the imports: the folders have an order, and no folder imports one that stands above it. Beside that,
 * as tables: what the innermost folders may know, where each package is known, and that the core is pure.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const core = ['events/', 'machines/', 'src/projections/'] as const;

/** The imports that the innermost folders may have beside their own. Every other folder's place in the order is computed. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  'events/': [],
  'machines/': ['events/'],
  'src/projections/': ['events/', 'machines/'],
  'src/contract/': ['events/', 'machines/', 'src/config/', 'src/errors/', 'src/platform/'],
  'src/log/': ['events/', 'src/errors/', 'src/platform/'],
  'src/messages/': ['events/', 'machines/', 'src/config/', 'src/contract/', 'src/errors/', 'src/platform/'],
  'src/page/': [
    'events/',
    'machines/',
    'src/contract/',
    'src/errors/',
    'src/messages/',
    'src/platform/',
    'src/projections/',
  ],
  'src/proxy/': [
    'events/',
    'machines/',
    'src/config/',
    'src/errors/',
    'src/messages/',
    'src/platform/',
    'src/projections/',
  ],
};

/** Where each package is known. To change one for another, one opens these files and no others. */
const knownBy: Readonly<Record<string, readonly string[]>> = {
  xstate: ['machines/'],
  'classic-level': ['src/log/'],
  level: ['src/log/'],
  undici: ['src/notify/webhook.ts'],
  piscina: ['src/pool/pool.ts'],
  'prom-client': ['src/proxy/server/metrics.ts'],
  valibot: ['src/backup/manifest.ts', 'src/config/', 'src/contract/', 'src/fleet/message.ts'],
  'jsonc-parser': ['src/config/clients/claude.ts'],
  'rotating-file-stream': ['src/platform/access-log-file.ts'],
  '@pydantic/genai-prices': ['src/commands/history/prices.ts'],
  citty: ['src/commands/command.ts'],
  consola: ['src/terminal/output.ts'],
  'fast-string-width': ['src/terminal/width.ts'],
  '@nats-io/jetstream': ['src/fleet/nats-engine.ts'],
  '@nats-io/transport-node': ['src/fleet/nats-engine.ts'],
  '@clack/prompts': ['src/terminal/prompt.ts'],
};

/** Not installed for users: the build puts what the page needs of them into the page's own files. */
const bundledBy: Readonly<Record<string, readonly string[]>> = {
  preact: ['src/page/'],
  '@preact/signals': ['src/page/'],
};

/** Not installed for users: only its types are imported, and the build removes them. */
const typesOnly = '@anthropic-ai/sdk';

/** The folders of `test/` that mirror no folder of the program, each with what it is for. Every other one bears the path of what it tests. */
const onlyOfTests: Readonly<Record<string, string>> = {
  browser: 'the page as a whole, in a real browser',
  'cli/help': 'snapshots of the help',
  'cli/transcripts': 'snapshots of screens',
  histories: 'what released versions wrote; it never changes',
  'log/programs': 'run as processes by the tests beside it',
  scenarios: 'facts and decisions over all machines, as transcripts',
  sdk: "a client library's view of a whole gateway",
  simulation: 'lives of all the core together',
  support: 'what tests share',
  'workers/programs': 'run as threads by the tests beside it',
};

/** The core says what and why. It never knows when, where or by chance, and waits for nothing. */
const impure =
  /\b(Date\.now|new Date\(|Math\.random|crypto\.|performance\.|process\.|console\.|setTimeout|setInterval|fetch\()|['"]node:|\b(async|await)\b/;

/** Modules that `qcc --help` must not load. */
const heavy = ['@pydantic/genai-prices', 'classic-level', 'level', 'piscina', 'prom-client', 'undici', 'xstate'];

interface Import {
  readonly target: string;
  /** Part of loading the file: neither a type, which is erased, nor an `import()`, which comes later. */
  readonly isEager: boolean;
  readonly isType: boolean;
}

const files = ['events', 'machines', 'workers', 'src'].flatMap((root) =>
  readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((path) => /\.(tsx?|css)$/.test(path))
    .map((path) => join(root, path).replaceAll('\\', '/')),
);
const importsByFile = new Map(files.map((file) => [file, importsOf(file)]));

const allImports = [...importsByFile].flatMap(([file, imports]) => imports.map(({ target }) => ({ file, target })));
const folderImports = new Map<string, Set<string>>();
for (const { file, target } of allImports) {
  if (!isFile(target) || dirname(file) === dirname(target)) continue;
  folderImports.set(dirname(file), (folderImports.get(dirname(file)) ?? new Set()).add(dirname(target)));
}
const told = ({ file, target }: { readonly file: string; readonly target: string }) => `${file} → ${target}`;

it.each(Object.entries(mayImport))('%s imports nothing but itself and %j', (part, others) => {
  const allowed = [part, ...others];
  const strangers = allImports.filter(
    ({ file, target }) => file.startsWith(part) && isFile(target) && !allowed.some((one) => target.startsWith(one)),
  );
  expect(strangers.map(told)).toEqual([]);
});

it.each(Object.entries({ ...knownBy, ...bundledBy }))('%s is known by %j alone', (name, places) => {
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

describe('the folders of test/', () => {
  // By their files: a folder whose files have moved may be left behind, empty.
  const ofFiles = readdirSync('test', { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath }) => relative('test', parentPath).replaceAll('\\', '/'));
  // What the tests of the page leave there to be looked at is no part of the tree.
  const folders = [...new Set(ofFiles)].filter((folder) => folder !== '' && folder !== 'browser/pictures');
  const mirrors = (folder: string) => [folder, `src/${folder}`].some((path) => existsSync(path));

  it('mirror those of the program, but for a few that are told', () => {
    expect(folders).toContain('commands/history');
    expect(folders.filter((folder) => !mirrors(folder) && !Object.hasOwn(onlyOfTests, folder))).toEqual([]);
  });

  it('are told as the exception only where they are one', () => {
    expect(Object.keys(onlyOfTests).filter((folder) => mirrors(folder) || !folders.includes(folder))).toEqual([]);
  });
});

describe('the order of folders', () => {
  it('has no cycle: each folder imports only those before it', () => {
    expect(circlesOf(folderImports).map((circle) => circle.flatMap((folder) => importsWithin(folder, circle)))).toEqual(
      [],
    );
  });

  it('allows only imports of installed packages', () => {
    const isKnown = (target: string) =>
      isFile(target) || Object.hasOwn({ ...knownBy, ...bundledBy }, target) || target === typesOnly;
    expect(allImports.filter(({ target }) => !isKnown(target)).map(told)).toEqual([]);
  });

  it(`allows only types from ${typesOnly}`, () => {
    const value = new RegExp(`^(?!import type )[^\\n]*'${typesOnly}`, 'm');
    const takers = allImports.filter(({ target }) => target === typesOnly).map(({ file }) => file);
    expect(takers).toContain('workers/question.ts');
    expect(takers.filter((file) => value.test(readFileSync(file, 'utf8')))).toEqual([]);
  });

  it('allows only imports of existing files', () => {
    const missing = [...importsByFile].flatMap(([file, imports]) =>
      imports
        .filter(({ target }) => isFile(target) && !importsByFile.has(target))
        .map(({ target }) => `${file} → ${target}`),
    );
    expect(missing).toEqual([]);
  });

  it('lists every installed package, and no other', () => {
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as {
      dependencies: Record<string, string>;
    };
    expect(Object.keys(knownBy).sort()).toEqual(Object.keys(dependencies).sort());
  });

  it('names no removed part', () => {
    const named = [...Object.keys(mayImport), ...Object.values(mayImport).flat(), ...Object.values(knownBy).flat()];
    const gone = named.filter((part) => !files.some((file) => file.startsWith(part)));
    expect(gone).toEqual([]);
  });

  it('answers --help without loading the gateway', () => {
    const loaded = closureOf('src/cli/driver.ts');
    expect(loaded).toContain('src/cli/driver.ts');
    expect(loaded.filter((target) => heavy.includes(target))).toEqual([]);
  });

  it('lets the page load nothing that a browser has not', () => {
    const loaded = closureOf('src/page/app/main.tsx', ({ isType }) => !isType);
    expect(loaded).toContain('src/page/views/now.tsx');
    const packages = loaded.filter((target) => !isFile(target) && !Object.hasOwn(bundledBy, target));
    const ofNode = loaded.filter((target) => isFile(target) && /from 'node:/.test(readFileSync(target, 'utf8')));
    expect([...packages, ...ofNode]).toEqual([]);
  });

  it('lets the page of an incident load nothing that a browser has not', () => {
    const loaded = closureOf('src/incident-page/main.ts', ({ isType }) => !isType);
    expect(loaded).toContain('src/history/explain.ts');
    expect(loaded).toContain('src/page/views/now.tsx');
    const ofNode = loaded.filter((target) => isFile(target) && /from 'node:/.test(readFileSync(target, 'utf8')));
    expect(ofNode).toEqual([]);
  });

  it('lets the served page load nothing that folds', () => {
    const loaded = closureOf('src/page/app/main.tsx', ({ isType }) => !isType);
    expect(loaded.filter((target) => /^src\/(history|incident-page|runtime|log)\//.test(target))).toEqual([]);
  });

  it('answers a status line without loading the gateway', () => {
    const loaded = ['src/cli/driver.ts', 'src/commands/client/status-line-cli.ts'].flatMap((file) => closureOf(file));
    expect(loaded).toContain('src/control/client.ts');
    expect(loaded.filter((target) => [...heavy, 'jsonc-parser', 'valibot'].includes(target))).toEqual([]);
  });

  it('lets no thread load the command line', () => {
    const loaded = files.filter((file) => file.startsWith('workers/')).flatMap((file) => closureOf(file));
    expect(loaded).toContain('workers/probe.ts');
    // An error is made with its English sentence.
    const ofCommandLine = /^src\/(cli|commands|messages(?!\/errors\/(?:en|faults))|terminal)\//;
    expect(loaded.filter((target) => ofCommandLine.test(target))).toEqual([]);
  });

  it('answers a command without a gateway without loading the proxy or the workers', () => {
    const loaded = ['src/installation/installation.ts', 'src/control/table.ts'].flatMap((file) => closureOf(file));
    expect(loaded).toContain('level');
    expect(loaded.filter((target) => ['piscina', 'undici'].includes(target))).toEqual([]);
  });
});

/** The folders that import each other, in groups of those that do, straight or by way of others (Tarjan's strong components). */
function circlesOf(graph: ReadonlyMap<string, ReadonlySet<string>>): readonly (readonly string[])[] {
  const found: string[][] = [];
  const index = new Map<string, number>();
  const low = new Map<string, number>();
  const open: string[] = [];
  const visit = (folder: string) => {
    index.set(folder, index.size);
    low.set(folder, index.get(folder) ?? 0);
    open.push(folder);
    for (const next of graph.get(folder) ?? []) {
      if (!index.has(next)) visit(next);
      if (open.includes(next)) low.set(folder, Math.min(low.get(folder) ?? 0, low.get(next) ?? 0));
    }
    if (low.get(folder) !== index.get(folder)) return;
    const circle = open.splice(open.indexOf(folder));
    if (circle.length > 1) found.push(circle);
  };
  for (const folder of graph.keys()) if (!index.has(folder)) visit(folder);
  return found;
}

function importsWithin(folder: string, circle: readonly string[]): readonly string[] {
  const isWithin = ({ target }: { readonly target: string }) =>
    dirname(target) !== folder && circle.includes(dirname(target));
  return allImports.filter((one) => dirname(one.file) === folder && isWithin(one)).map(told);
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
    isType: type !== undefined,
  }));
  const late = [...text.matchAll(/\bimport\('([^']+)'\)/g)].map(([, name = '']) => ({
    name,
    isEager: false,
    isType: false,
  }));
  return [...eager, ...late]
    .filter(({ name }) => !name.startsWith('node:'))
    .map(({ name, ...how }) => ({ target: resolved(file, name), ...how }));
}

/** A file by its path, a package by its name. */
function resolved(file: string, name: string): string {
  if (name.startsWith('.'))
    return normalize(join(dirname(file), name))
      .replaceAll('\\', '/')
      .replace(/\?url$/, '');
  return name
    .split('/')
    .slice(0, name.startsWith('@') ? 2 : 1)
    .join('/');
}

/** Everything that is loaded when a file is, packages included. */
function closureOf(file: string, follows: (one: Import) => boolean = ({ isEager }) => isEager): readonly string[] {
  const seen = new Set([file]);
  for (const one of seen) {
    for (const found of importsByFile.get(one) ?? []) {
      if (follows(found)) seen.add(found.target);
    }
  }
  return [...seen];
}

/** Comments may say `process.`; a `//` in a string (`https://`) is none, because a colon stands before it. */
function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/(^|[^:'"`])\/\/.*$/gm, '$1');
}
