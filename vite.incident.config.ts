/**
 * How the page of an incident is built: the served page and the rules in one document, up to where the export writes the facts. Its own
 * policy names the script and the style by their hashes, and allows nothing else: no file, no address, no other script.
 */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { defineConfig, type Plugin } from 'vite';

const folder = resolve('src', 'incident-page');
const entry = 'incident-page';
const noAddress = '\0no-address';
const styles = ['app/page.css', 'style/later.css'].map((name) => resolve('src', 'page', name));
type GenerateBundle = Extract<Plugin['generateBundle'], (...given: never[]) => unknown>;

/** Only the script and the style, which stand in the document as they are hashed. */
function policyOf(script: string, style: string): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`;
  return [
    "default-src 'none'",
    `script-src ${hash(script)}`,
    `style-src ${hash(style)}`,
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

/** The end of its element must not occur in a script, nor what begins a comment there. Both mean the same with a backslash in a string. */
function inElement(text: string): string {
  return text.replaceAll(/<(?=\/script|!--)/gi, '<\\').replaceAll('\r', '');
}

const handler: GenerateBundle = function (_, bundle) {
  const made = Object.values(bundle);
  const scripts = made.flatMap((one) => (one.type === 'chunk' ? [one.code] : []));
  const sheets = made.flatMap((one) => (one.type === 'asset' ? [String(one.source)] : []));
  if (scripts.length !== 1 || sheets.length !== 1) throw new Error(`not one file: ${Object.keys(bundle).join(', ')}`);
  for (const name of Object.keys(bundle)) delete bundle[name];
  const [script, style] = [inElement(scripts[0] ?? ''), sheets[0] ?? ''];
  const page = readFileSync(`${folder}/incident.html`, 'utf8')
    .replace('%policy%', policyOf(script, style))
    .replace('<style>', () => `<style>${style}`)
    .replace('<script type="module">', (tag) => tag + script);
  // The export writes the facts, and the end.
  const [source = ''] = page.split(/(?<=id="facts">)<\/script>/);
  this.emitFile({ type: 'asset', fileName: 'incident.html', source: `${source}\n` });
};

/** All styles are in the document: none is asked for by an address. */
function withoutAddresses(): Plugin {
  return {
    name: 'without-addresses',
    enforce: 'pre',
    resolveId: (id) => (id.endsWith('.css?url') ? noAddress : null),
    load: (id) => (id === noAddress ? "export default '';" : null),
  };
}

function oneDocument(): Plugin {
  return {
    name: 'one-document',
    resolveId: (id) => (id === entry ? `\0${entry}` : null),
    load: (id) =>
      id === `\0${entry}`
        ? [...styles, resolve(folder, 'main.ts')].map((path) => `import ${JSON.stringify(path)};`).join('')
        : null,
    // After the style sheet was made.
    generateBundle: { order: 'post', handler },
  };
}

export default defineConfig({
  root: folder,
  publicDir: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    emptyOutDir: true,
    modulePreload: false,
    cssCodeSplit: false,
    reportCompressedSize: false,
    chunkSizeWarningLimit: 1_000,
    target: 'es2023',
    rolldownOptions: { input: entry, output: { codeSplitting: false } },
  },
  plugins: [withoutAddresses(), oneDocument()],
});
