/** An incident file, read like any log: the state that it begins with, and the facts after it. */

import { createReadStream } from 'node:fs';
import type { Recorded } from '../../events/fact.ts';
import { MiB } from '../../events/units.ts';
import type { IncidentHead } from '../contract/incident.ts';
import { exitCodes, QccError } from '../errors/qcc-error.ts';
import type { ReadableLog } from '../log/log.ts';
import type { Fault } from '../messages/errors/faults.ts';
import { BeyondBounds, type JsonBounds, parseBounded } from '../platform/bounded.ts';
import { State } from '../runtime/state.ts';
import { IncidentLog, incidentForm } from './incident-facts.ts';
import { type End, IncidentSeal } from './incident-seal.ts';

export interface IncidentLimits {
  readonly bytesMax: number;
  /** The first line, which is a whole state. */
  readonly headBytesMax: number;
  readonly factBytesMax: number;
  readonly factsMax: number;
}

// A week of a user's busiest day. A fact has some three hundred bytes; one with sixty attempts has ten thousand.
const defaults: IncidentLimits = {
  bytesMax: 256 * MiB,
  headBytesMax: 64 * MiB,
  factBytesMax: MiB,
  factsMax: 500_000,
};
const headBounds = { depthMax: 32, valuesMax: 5_000_000 };
const factBounds = { depthMax: 32, valuesMax: 50_000 };

/** @throws {QccError} `QCC_CAPSULE_UNREADABLE`, `QCC_CAPSULE_DAMAGED`, `QCC_CAPSULE_VERSION`, `QCC_CAPSULE_LIMIT` */
export async function openIncident(path: string, limits: IncidentLimits = defaults): Promise<ReadableLog> {
  try {
    return await read(path, limits);
  } catch (error) {
    if (error instanceof BeyondBounds) throw beyond(path, error.limit);
    const { code } = error as NodeJS.ErrnoException;
    if (error instanceof QccError || code === undefined) throw error;
    throw new QccError(
      'QCC_CAPSULE_UNREADABLE',
      { path, code },
      code === 'ENOENT' ? exitCodes.notFound : exitCodes.failed,
    );
  }
}

async function read(path: string, limits: IncidentLimits): Promise<ReadableLog> {
  const seal = new IncidentSeal();
  let head: IncidentHead | undefined;
  const facts: Recorded[] = [];
  let last: string | undefined;
  for await (const line of linesOf(path, limits)) {
    // The last line is not a fact, and a line is known to be the last only when no other follows.
    if (last !== undefined) {
      seal.add(last);
      if (head === undefined) head = headIn(path, last);
      else facts.push(factIn(path, last, head.from + facts.length));
    }
    if (facts.length > limits.factsMax) throw new BeyondBounds({ fault: 'tooManyFacts', most: limits.factsMax });
    last = line;
  }
  if (head === undefined) throw damagedIncident(path, { fault: 'notIncident' });
  const end = parsed<End>(last, factBounds);
  if (!end?.end) throw damagedIncident(path, { fault: 'noEnd' });
  const { facts: count, sha256 } = seal.end();
  if (end.facts !== count || end.sha256 !== sha256) throw damagedIncident(path, { fault: 'altered' });
  return new IncidentLog(head, facts);
}

/** The rest is read only after a valid state: a foreign file is rejected at its first line. */
function headIn(path: string, line: string): IncidentHead {
  const head = parsed<IncidentHead>(line, headBounds);
  if (!isHead(head)) throw damagedIncident(path, { fault: 'notIncident' });
  if (head.capsule > incidentForm || !stateIn(path, head))
    throw new QccError('QCC_CAPSULE_VERSION', { path, version: String(head.qcc), qcc: head.qcc });
  return head;
}

function stateIn(path: string, { state }: IncidentHead): State | undefined {
  try {
    return State.from(state);
  } catch {
    throw damagedIncident(path, { fault: 'badState' });
  }
}

/** Facts must be complete: without gaps, and with valid instants. */
function factIn(path: string, line: string, seq: number): Recorded {
  const fact = parsed<Recorded>(line, factBounds);
  const isFact =
    fact?.seq === seq &&
    [fact.at, fact.version, fact.v].every((one) => Number.isFinite(one)) &&
    [fact.stream, fact.type, fact.by].every((one) => typeof one === 'string') &&
    typeof fact.data === 'object' &&
    fact.data !== null;
  if (!isFact) throw damagedIncident(path, { fault: 'notFact', seq });
  return fact as Recorded;
}

/** Line by line, each of limited length: a file without a line break must not fill the memory. */
async function* linesOf(path: string, { bytesMax, headBytesMax, factBytesMax }: IncidentLimits): AsyncIterable<string> {
  const line = new OpenLine();
  let [bytes, lines] = [0, 0];
  for await (const chunk of createReadStream(path) as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > bytesMax) throw new BeyondBounds({ fault: 'tooManyBytes', most: bytesMax });
    for (let from = 0; from < chunk.length; ) {
      const end = chunk.indexOf(newline, from);
      line.add(chunk.subarray(from, end < 0 ? chunk.length : end), lines === 0 ? headBytesMax : factBytesMax);
      if (end < 0) break;
      yield line.take();
      lines++;
      from = end + 1;
    }
  }
  if (line.hasBegun) yield line.take();
}

const newline = 0x0a;

/** The parts of an incomplete line. */
class OpenLine {
  readonly #parts: Buffer[] = [];
  #bytes = 0;

  get hasBegun(): boolean {
    return this.#parts.length > 0;
  }

  add(part: Buffer, bytesMax: number): void {
    this.#parts.push(part);
    this.#bytes += part.length;
    if (this.#bytes > bytesMax) throw new BeyondBounds({ fault: 'longLine', most: bytesMax });
  }

  take(): string {
    this.#bytes = 0;
    return Buffer.concat(this.#parts.splice(0)).toString('utf8');
  }
}

function parsed<Line>(line: string | undefined, bounds: JsonBounds): Partial<Line> | undefined {
  try {
    const value: unknown = parseBounded(line ?? '', bounds);
    return typeof value === 'object' && value !== null ? (value as Partial<Line>) : undefined;
  } catch (error) {
    if (error instanceof BeyondBounds) throw error;
    return undefined;
  }
}

function isHead(line: Partial<IncidentHead> | undefined): line is IncidentHead {
  return (
    typeof line?.capsule === 'number' &&
    Number.isSafeInteger(line.from) &&
    typeof line.state === 'object' &&
    line.state !== null
  );
}

/** Content that was forged, or damaged on its way. */
export function damagedIncident(path: string, fault: Fault<'incident'>): QccError {
  return new QccError('QCC_CAPSULE_DAMAGED', { path, ...fault });
}

function beyond(path: string, limit: Fault<'bound'>): QccError {
  return new QccError('QCC_CAPSULE_LIMIT', { path, ...limit });
}
