/** A frozen copy of a log that may be open, made in very little time: its tables are linked, and only the newest few megabytes are copied. */
import { constants, copyFileSync, linkSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * LevelDB's tables are immutable, and are linked. The files that it appends to are copied as they are: a copy that ends in the middle of a
 * record ends before that record. Tables that appeared during the copy are linked at the end. Opening the copy shows whether it is
 * complete.
 */
export function freezeLog(from: string, to: string): void {
  mkdirSync(to, { recursive: true, mode: 0o700 });
  const isTable = (name: string) => /\.(ldb|sst)$/.test(name);
  const linkTables = () => {
    for (const name of readdirSync(from).filter(isTable)) freeze(join(from, name), join(to, name));
  };
  linkTables();
  for (const name of readdirSync(from).filter((one) => /^(CURRENT|MANIFEST-\d+|\d+\.log)$/.test(one)))
    copy(join(from, name), join(to, name));
  linkTables();
}

/** A file or a folder that does not change any more. */
export function freeze(from: string, to: string): void {
  const found = statSync(from, { throwIfNoEntry: false });
  if (found?.isDirectory()) {
    mkdirSync(to, { recursive: true, mode: 0o700 });
    for (const name of readdirSync(from)) freeze(join(from, name), join(to, name));
  } else if (found?.isFile()) link(from, to);
}

/** A file that has gone meanwhile was not needed any more; without hard links, files are copied. */
function link(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'EEXIST') return;
    copy(from, to);
  }
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
  try {
    copyFileSync(from, to, constants.COPYFILE_FICLONE);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
