/**
 * Packages that are loaded on first use. An `import` that failed for lack of file descriptors is not tried again as long as the process
 * lives; `require` is.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** @param name the package that `load` imports; `require` must be able to load it, too */
export async function later<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch {
    return require(name) as Module;
  }
}
