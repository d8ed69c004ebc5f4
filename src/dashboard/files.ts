/** The built page, read once into memory: a fixed table from path to bytes, so that no path of a request ever reaches the disk. */
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join } from 'node:path';

export interface PageFile {
  readonly type: string;
  readonly bytes: Buffer;
  /** Compressed when it was built. */
  readonly gzip: Buffer | null;
  readonly brotli: Buffer | null;
  /** Its name holds a hash of its content, so that a copy never grows old. */
  readonly isHashed: boolean;
}

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};
const hashed = /-[\w-]{8,}\.\w+$/;

/** @param folder `dist/page`; a folder that is missing gives an empty table */
export function pageFiles(folder: string): ReadonlyMap<string, PageFile> {
  const names = namesIn(folder);
  const read = (name: string) => (names.includes(name) ? readFileSync(join(folder, name)) : null);
  const files = new Map<string, PageFile>();
  for (const name of names) {
    const type = types[extname(name)];
    if (type === undefined) continue;
    const file = {
      type,
      bytes: readFileSync(join(folder, name)),
      gzip: read(`${name}.gz`),
      brotli: read(`${name}.br`),
      isHashed: hashed.test(name),
    };
    files.set(`/${name}`, file);
    if (name === 'index.html') files.set('/', file);
  }
  return files;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
  } catch {
    return [];
  }
}
