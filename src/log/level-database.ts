/** LevelDB under the log: how it is opened, and what its errors mean to people. */
import type { ClassicLevel } from 'classic-level';
import { Level } from 'level';
import { exitCodes, QccError } from '../errors.ts';

export type Database = ClassicLevel<Buffer, Buffer>;

const MiB = 1_048_576;

export function openDatabase(dir: string, create: boolean): Database {
  const database = new Level<Buffer, Buffer>(dir, {
    keyEncoding: 'buffer',
    valueEncoding: 'buffer',
    createIfMissing: create,
    // A worker may read history on the same database while the gateway writes.
    multithreading: true,
    writeBufferSize: 8 * MiB,
    maxFileSize: 8 * MiB,
  });
  // In Node a Level is a ClassicLevel; its types leave out `compactRange`.
  return database as unknown as Database;
}

export async function opened(database: Database, dir: string): Promise<void> {
  try {
    await database.open();
  } catch (error) {
    const { cause } = error as { cause?: { code?: string; message?: string } };
    if (cause?.code === 'LEVEL_LOCKED') {
      throw new QccError(
        'QCC_LOG_LOCKED',
        'another qcc command holds the log',
        'try again in a moment',
        exitCodes.conflict,
      );
    }
    throw damaged(dir, cause?.message ?? String(error));
  }
}

export function damaged(dir: string, why: string): QccError {
  return new QccError(
    'QCC_LOG_DAMAGED',
    `the log in ${dir} cannot be opened: ${why}`,
    'copy the folder aside before anything else; nothing in it was changed',
  );
}

/** LevelDB's own finding: a block that cannot be unpacked. */
export function isCorruption(error: unknown): boolean {
  return (error as { code?: string }).code === 'LEVEL_CORRUPTION';
}

export function closedError(): QccError {
  return new QccError('QCC_LOG_CLOSED', 'the log is closed', 'qcc proxy status');
}

export function reasonOf(error: unknown): string {
  const { code, cause } = error as { code?: string; cause?: { code?: string } };
  return cause?.code ?? code ?? 'I/O error';
}
