/** The program's modules for scripts. They come from the source: what is built is a few joined files, which are not made to be imported. */
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { register } from 'tsx/esm/api';

register();

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** @param path from the project's folder on, as src/control/client.ts */
export function source(path) {
  return import(pathToFileURL(join(root, path)).href);
}
