/**
 * Builds dist/: the compiler's output, the data files beside it, one module for what every start loads, a program that can be run, and
 * the page of the dashboard: as it is served, and as it stands in an incident's file.
 *
 *   node scripts/build.mjs [FOLDER] [COMPILER'S CONFIGURATION] [ITS FLAGS]
 */
import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { build as buildPage } from 'vite';

const [dist = 'dist', config = 'tsconfig.build.json', ...flags] = process.argv.slice(2);
rmSync(dist, { recursive: true, force: true });
const compiler = join('node_modules', 'typescript', 'bin', 'tsc');
execFileSync(process.execPath, [compiler, '-p', config, '--outDir', dist, ...flags], {
  stdio: 'inherit',
});
for (const path of readdirSync('src', { recursive: true }).filter((name) => name.endsWith('.json'))) {
  const to = join(dist, 'src', path);
  mkdirSync(dirname(to), { recursive: true });
  cpSync(join('src', path), to);
}
chmodSync(join(dist, 'src', 'cli', 'main.js'), 0o755);

// What a command line alone loads, but for the commands themselves.
const inStart =
  /\/src\/((cli|messages(?!\/errors\/(?:en|faults))|terminal)\/|commands\/([\w-]+\/manifest|command|arguments)\.js)/;
await joinStart(`${relative('.', dist).replaceAll('\\', '/')}/src/cli/driver.js`);
await joinErrors(join(dist, 'src', 'errors', 'qcc-error.js'));
await buildPage({ configFile: resolve('vite.config.ts'), build: { outDir: resolve(dist, 'page') } });
await buildPage({ configFile: resolve('vite.incident.config.ts'), build: { outDir: resolve(dist, 'incident-page') } });

/** An error is made with its English sentence: both are one module, because every start loads them. */
async function joinErrors(error) {
  const how = { bundle: true, platform: 'node', format: 'esm', charset: 'utf8', allowOverwrite: true };
  await build({ ...how, entryPoints: [error], outfile: error, external: ['./key-shape.js'] });
}

/**
 * Makes one module of what every command loads before its own code: as many modules, they cost a start a fourth of all its time. The
 * files that went into it stay and hand on what it holds, so that there is one of each thing for all who import it.
 */
async function joinStart(start) {
  const { metafile } = await joined({ entryPoints: [start] });
  const parts = Object.keys(metafile.inputs).filter((path) => path !== start && inStart.test(path));
  const names = await Promise.all(parts.map(async (path) => Object.keys(await import(pathToFileURL(path).href))));
  const whole = [
    `export { main } from './${start}';`,
    ...parts.map((path, i) => `export * as part${i} from './${path}';`),
  ].join('\n');
  const { outputFiles } = await joined({ stdin: { contents: whole, resolveDir: '.' } });
  writeFileSync(start, outputFiles[0].contents);
  for (const [i, path] of parts.entries()) {
    const from = relative(dirname(path), start).replace(/^(?!\.)/, './');
    writeFileSync(path, `import { part${i} } from '${from}';\nexport const { ${names[i].join(', ')} } = part${i};\n`);
  }

  function joined(options) {
    const plugins = [{ name: 'start', setup: (it) => it.onResolve({ filter: /^\./ }, placed) }];
    const how = {
      bundle: true,
      platform: 'node',
      format: 'esm',
      charset: 'utf8',
      write: false,
      metafile: true,
      preserveSymlinks: true,
    };
    return build({ ...options, ...how, plugins });
  }

  /** What is loaded late stays where it is, and so does what the gateway's threads load too. Of a package all comes along. */
  function placed({ kind, importer, path, resolveDir }) {
    const isOurs = importer === '' || resolve(importer).startsWith(resolve(dist));
    const file = relative('.', join(resolveDir, path)).replaceAll('\\', '/');
    const isPart = inStart.test(file);
    if (!isOurs || kind === 'entry-point' || (isPart && kind !== 'dynamic-import')) return undefined;
    return {
      external: true,
      path: relative(dirname(start), file)
        .replaceAll('\\', '/')
        .replace(/^(?!\.)/, './'),
    };
  }
}
