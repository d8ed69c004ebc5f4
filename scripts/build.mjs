/**
 * Builds dist/: the program, what runs in threads and processes of its own, the data files, and the page of the dashboard: as it is
 * served, and as it stands in an incident's file. Types are not looked at: `npm run check` does that.
 *
 *   node scripts/build.mjs [FOLDER] [MORE PROGRAMS…]
 */
import { chmodSync, cpSync, mkdirSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { build, transform } from 'esbuild';
import { build as buildPage, parseAst } from 'vite';

const [dist = 'dist', ...more] = process.argv.slice(2);
rmSync(dist, { recursive: true, force: true });

// Scripts load the last two, too.
const driver = 'src/cli/driver.ts';
const ofProgram = [driver, 'src/log/level-log.ts', 'src/simulated-endpoint/simulated-endpoint.ts'];
// What starts threads and processes names these by their paths.
const ofThreads = readdirSync('workers').map((name) => join('workers', name));
const alone = ['src/commands/bench/upstream.ts', ...more];
// They look for files beside them, or must be found by `require` when an import has failed for lack of descriptors.
const packages = [
  'undici',
  'piscina',
  'prom-client',
  'rotating-file-stream',
  '@pydantic/genai-prices',
  '@clack/prompts',
  // Loaded by the few who have a fleet: the others need not carry them.
  '@nats-io/jetstream',
  '@nats-io/transport-node',
];
// The log's package is CommonJS; as a module of that kind it is one file instead of thirty.
const level = join('src', 'log', 'level.cjs');

const how = { bundle: true, platform: 'node', charset: 'utf8', target: 'es2023', format: 'esm' };

await Promise.all([
  // An old Node must be able to read it.
  build({
    ...how,
    ...inItsPlace(join('src', 'cli', 'main.ts')),
    target: 'es2018',
    supported: { 'dynamic-import': true },
    plugins: [resolving('entry', /^\.\/driver\.ts$/, './driver.js')],
  }),
  // What is loaded together is one file, what is loaded later is another; each module is in one of them, and has one identity.
  // The driver is there before any command: what it loads is one file, because every other part is told to load it first.
  build({ ...parted(ofProgram, join('src', 'cli')), inject: [driver] }),
  // A thread and a process have modules of their own.
  build(parted(ofThreads, 'workers')),
  ...alone.map((path) => build({ ...how, ...inItsPlace(path), plugins: [joining(dirname(path))] })),
  build({
    ...how,
    format: 'cjs',
    stdin: { contents: "export { ClassicLevel as Level } from 'classic-level';", resolveDir: '.' },
    outfile: join(dist, level),
    plugins: [resolving('native', /^\.\/binding$/, 'classic-level/binding.js')],
  }),
  buildPage({ configFile: resolve('vite.config.ts'), build: { outDir: resolve(dist, 'page') } }),
  buildPage({ configFile: resolve('vite.incident.config.ts'), build: { outDir: resolve(dist, 'incident-page') } }),
]);
for (const path of readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.json'))) {
  const to = join(dist, 'src', path);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(join('src', path), to);
}
chmodSync(join(dist, 'src', 'cli', 'main.js'), 0o755);

function inItsPlace(path) {
  return { entryPoints: [path], outfile: join(dist, path.replace(/\.ts$/, '.js')) };
}

/** @param {string} folder where the parts lie that several need */
function parted(entryPoints, folder) {
  const place = { outbase: '.', outdir: dist, chunkNames: `${folder.replaceAll('\\', '/')}/[name]-[hash]` };
  // jsonc-parser has a module beside a main file that asks for its parts when it runs, which a joined file has not.
  const mainFields = ['module', 'main'];
  return { ...how, ...place, mainFields, entryPoints, splitting: true, plugins: [joining(folder)] };
}

function resolving(name, filter, path) {
  return { name, setup: (it) => it.onResolve({ filter }, () => ({ path, external: true })) };
}

/** @param {string} folder where the joined file lies: a module that asks where it lies is told its place in the tree. */
function joining(folder) {
  const posix = (path) => path.replaceAll('\\', '/').replace(/^(?!\.)/, './');
  return {
    name: 'joining',
    setup(it) {
      it.onResolve({ filter: /^level$/ }, ({ path }) => ({ path, namespace: 'required' }));
      it.onLoad({ filter: /./, namespace: 'required' }, () => ({
        contents: `import { createRequire } from 'node:module';
          export const { Level } = createRequire(import.meta.url)('${posix(relative(folder, level))}');`,
      }));
      it.onResolve({ filter: new RegExp(`^(${packages.join('|')})$`) }, ({ path }) => ({ path, external: true }));
      it.onLoad({ filter: /\/manifest\.ts$/ }, async ({ path }) => ({ contents: await withoutPapers(path) }));
      it.onLoad({ filter: /\/(src|workers|test)\/.*\.ts$/ }, ({ path }) => {
        const text = readFileSync(path, 'utf8');
        if (!text.includes('import.meta.url')) return undefined;
        const place = posix(relative(folder, path)).replace(/\.ts$/, '.js');
        const told = `new URL(${JSON.stringify(place)}, import.meta.url).href`;
        return { contents: text.replaceAll('import.meta.url', told), loader: 'ts' };
      });
    },
  };
}

/** What stands in a manifest for the documentation alone is half of it, and help would read it for nothing. */
async function withoutPapers(path) {
  const { code } = await transform(readFileSync(path, 'utf8'), { loader: 'ts', charset: 'utf8', target: how.target });
  const papers = [];
  const walk = (node) => {
    if (node?.type === 'Property' && ['about', 'forms'].includes(node.key.name)) papers.push(node);
    else if (node !== null && typeof node === 'object') Object.values(node).forEach(walk);
  };
  walk(parseAst(code));
  return papers.reduceRight(
    (text, { value }) => `${text.slice(0, value.start)}undefined${text.slice(value.end)}`,
    code,
  );
}
