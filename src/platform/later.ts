/**
 * Packages that are loaded when they are first wanted. What `import` could not load, because no open files were left, it will not try
 * again as long as the process lives; `require` does.
 */
import { createRequire } from 'node:module';

const require = createRequire(import.meta.url);

/** @param name as `load` names it: a package that can be required, too */
export async function later<Module>(name: string, load: () => Promise<Module>): Promise<Module> {
  try {
    return await load();
  } catch {
    return require(name) as Module;
  }
}
