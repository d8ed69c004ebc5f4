/** Somebody's capsule, read like any log: from the state that it begins with, and the facts after it. */
import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Recorded } from '../../events/fact.ts';
import type { CapsuleHead } from '../control/history-operations.ts';
import { exitCodes, QccError } from '../errors.ts';
import type { ReadableLog } from '../log/log.ts';
import { MemoryLog } from '../log/memory-log.ts';
import { State } from '../runtime/state.ts';
import { capsuleForm } from './capsule.ts';
import { CapsuleSeal, type End } from './capsule-seal.ts';

/** @throws {QccError} `QCC_CAPSULE_UNREADABLE`, `QCC_CAPSULE_DAMAGED`, `QCC_CAPSULE_VERSION` */
export async function openCapsule(path: string): Promise<ReadableLog> {
  const lines = await linesOf(path);
  const last = parsed<End>(lines.pop());
  const seal = new CapsuleSeal();
  for (const line of lines) seal.add(line);
  const { facts, sha256 } = seal.end();
  const head = parsed<CapsuleHead>(lines.shift());
  if (!isHead(head)) throw damaged(path, 'it does not begin like an incident of qcc');
  if (!last?.end) throw damaged(path, 'its end is missing');
  if (last.facts !== facts || last.sha256 !== sha256) throw damaged(path, 'it is not what was written');
  if (head.capsule > capsuleForm || !State.from(head.state))
    throw new QccError(
      'QCC_CAPSULE_VERSION',
      `${path} was written by qcc ${head.qcc}, which keeps its state in another form`,
      'use that version of qcc',
      exitCodes.failed,
      { path, version: String(head.qcc) },
    );
  return new CapsuleLog(
    head,
    lines.map((line) => JSON.parse(line) as Recorded),
  );
}

class CapsuleLog extends MemoryLog {
  readonly #head: CapsuleHead;

  constructor(head: CapsuleHead, facts: readonly Recorded[]) {
    super(facts);
    this.#head = head;
  }

  override get tail(): number {
    return this.#head.from;
  }

  override get head(): number {
    return Math.max(super.head, this.#head.from - 1);
  }

  override loadSnapshot(name: string, max = Number.POSITIVE_INFINITY): ReturnType<MemoryLog['loadSnapshot']> {
    const { from, state } = this.#head;
    return Promise.resolve(name === 'state' && from - 1 <= max ? { seq: from - 1, data: state } : undefined);
  }
}

async function linesOf(path: string): Promise<string[]> {
  const lines: string[] = [];
  try {
    for await (const line of createInterface({ input: createReadStream(path, 'utf8') })) lines.push(line);
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException;
    throw new QccError(
      'QCC_CAPSULE_UNREADABLE',
      `${path} cannot be read (${code})`,
      'qcc history export --incident FILE makes one',
      code === 'ENOENT' ? exitCodes.notFound : exitCodes.failed,
      { path, code },
    );
  }
  return lines;
}

function parsed<Line>(line: string | undefined): Partial<Line> | undefined {
  try {
    const value: unknown = JSON.parse(line ?? '');
    return typeof value === 'object' && value !== null ? (value as Partial<Line>) : undefined;
  } catch {
    return undefined;
  }
}

function isHead(line: Partial<CapsuleHead> | undefined): line is CapsuleHead {
  return typeof line?.capsule === 'number' && typeof line.from === 'number' && typeof line.state === 'object';
}

function damaged(path: string, why: string): QccError {
  return new QccError(
    'QCC_CAPSULE_DAMAGED',
    `${path} is no whole incident file: ${why}`,
    'ask for the file again',
    exitCodes.failed,
    { path },
  );
}
