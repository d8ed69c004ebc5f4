/** How the page of `qcc dashboard` is built: hashed names, nothing inline, and compressed once for all, so that the gateway only sends it. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import { defineConfig, type Plugin } from 'vite';

/** What compresses well; pictures do not. */
const texts = /\.(html|js|css|svg)$/;

function compressed(): Plugin {
  return {
    name: 'compressed',
    apply: 'build',
    async writeBundle({ dir = '' }) {
      const names = readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => texts.test(name));
      // In threads: the best of both takes over a second.
      const packed = names.map(async (name) => {
        const path = join(dir, name);
        const bytes = readFileSync(path);
        const params = {
          [constants.BROTLI_PARAM_QUALITY]: constants.BROTLI_MAX_QUALITY,
          [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
        };
        writeFileSync(`${path}.gz`, await promisify(gzip)(bytes, { level: constants.Z_BEST_COMPRESSION }));
        writeFileSync(`${path}.br`, await promisify(brotliCompress)(bytes, { params }));
      });
      await Promise.all(packed);
    },
  };
}

/** What a part needs is asked for with it: the helper that would ask for it sooner is a part of the first load itself. */
function withoutPreloader(): Plugin {
  return {
    name: 'without-preloader',
    enforce: 'pre',
    load: (id) => (id.includes('vite/preload-helper') ? 'export const __vitePreload = (load) => load();' : null),
  };
}

/** The mark is painted before anything else of the page has come: style and script stand after it, and the style is asked for first. */
function afterTheMark(): Plugin {
  return {
    name: 'after-the-mark',
    transformIndexHtml: {
      order: 'post',
      handler: (html) => {
        const [style = '', script = ''] = [/ *<link rel="stylesheet"[^>]*>\n/, / *<script .*<\/script>\n/].map(
          (one) => one.exec(html)?.[0] ?? '',
        );
        return html
          .replace(style, '')
          .replace(script, '')
          .replace(/ *<\/body>/, (end) => style + script + end);
      },
    },
  };
}

/** Both languages are written with it: without a place of its own in the first file it would be a request more. */
const shared = /messages\/en\/(story-words|saying)\.ts$/;

export default defineConfig({
  root: 'src/page/app',
  // Its files are asked for by absolute paths: the policy allows no other place.
  base: '/',
  publicDir: false,
  logLevel: 'warn',
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
  build: {
    emptyOutDir: true,
    assetsDir: '.',
    // The policy forbids what is inline.
    assetsInlineLimit: 0,
    modulePreload: false,
    cssCodeSplit: false,
    reportCompressedSize: false,
    target: 'es2023',
    rolldownOptions: { treeshake: { moduleSideEffects: (id) => shared.test(id) } },
  },
  plugins: [withoutPreloader(), afterTheMark(), compressed()],
});
