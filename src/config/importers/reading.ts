/** Reads an import from untrusted bytes of any program: within limits, and before the present configuration is consulted. */
import { BeyondBounds, parseBounded } from '../../platform/bounded.ts';
import { ccSwitchDatabase, isCcSwitch, readCcSwitch } from './cc-switch.ts';
import { readDocument } from './document.ts';
import { isFastcc, readFastcc } from './fastcc.ts';
import { type Incoming, jsonBounds, unreadableImport } from './incoming.ts';

export interface ImportText {
  readonly text?: string | undefined;
  /** The path of cc-switch's database. */
  readonly database?: string | undefined;
  /** The original tool's `priority_config.json`. */
  readonly beside?: string | undefined;
  readonly from?: Incoming['source'] | undefined;
  readonly passphrase?: string | undefined;
}

/** @throws {QccError} `QCC_IMPORT_INVALID` and others: the file cannot be imported */
export async function readIncoming({ text, database, beside, from, passphrase }: ImportText): Promise<Incoming> {
  const json = database === undefined ? parsed(text ?? '') : ccSwitchDatabase(database);
  const source = from ?? sourceOf(json);
  if (source === 'cc-switch') return readCcSwitch(json);
  if (source === 'fastcc') return readFastcc(json, beside === undefined ? null : parsed(beside));
  return readDocument(json, passphrase);
}

function sourceOf(json: unknown): Incoming['source'] {
  if (isCcSwitch(json)) return 'cc-switch';
  return isFastcc(json) ? 'fastcc' : 'qcc';
}

function parsed(text: string): unknown {
  try {
    return parseBounded(text.replace(/^\ufeff/, ''), jsonBounds);
  } catch (error) {
    throw unreadableImport(error instanceof BeyondBounds ? error.limit : { fault: 'notJson' });
  }
}
