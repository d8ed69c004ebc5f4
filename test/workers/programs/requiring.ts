/** A worker that tells what `require` says to a module. */
import { createRequire } from 'node:module';

// biome-ignore lint/style/noDefaultExport: the pool runs the default export of its module
export default function tell() {
  try {
    createRequire(import.meta.url)('./telling.js');
    return 'required';
  } catch (error) {
    return (error as NodeJS.ErrnoException).code;
  }
}
