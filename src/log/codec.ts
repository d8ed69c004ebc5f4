/**
 * The encoding of the log. Keys: a prefix byte, then a big-endian number, so that order on disk is order in time. Values: CRC-32, a codec
 * byte, JSON. LevelDB reports neither a flipped byte nor a damaged journal: the checksum does.
 */
import { crc32 } from 'node:zlib';

const prefix = { fact: 1, stream: 2, snapshot: 3, intent: 4, rollUp: 5 } as const;
const json = 1;
const headerBytes = 5;
const numberBytes = 8;

export class DamagedRecord extends Error {}

function withNumber(head: string, number: number): Buffer {
  const length = Buffer.byteLength(head);
  const key = Buffer.allocUnsafe(length + numberBytes);
  key.write(head);
  writeNumber(key, number, length);
  return key;
}

/** Two 32-bit halves: a BigInt costs more than the rest of the key. */
function writeNumber(key: Buffer, number: number, at: number): void {
  key.writeUInt32BE(Math.floor(number / 2 ** 32), at);
  key.writeUInt32BE(number >>> 0, at + numberBytes / 2);
}

const factHead = Buffer.of(prefix.fact);
const factsEnd = Buffer.of(prefix.fact + 1);

export function factKey(seq: number): Buffer {
  const key = Buffer.allocUnsafe(1 + numberBytes);
  key[0] = prefix.fact;
  writeNumber(key, seq, 1);
  return key;
}

export const allFacts = { gte: factHead, lt: factsEnd };

export function factsBetween(from: number, to: number): { gte: Buffer; lt: Buffer } {
  return { gte: factKey(from), lt: Number.isFinite(to) ? factKey(to + 1) : factsEnd };
}

export function seqOf(key: Buffer): number {
  return Number(key.readBigUInt64BE(key.length - numberBytes));
}

/** The beginning of the key of a stream's entry: its name, and a zero byte (no name contains one). */
export function streamHead(stream: string): string {
  return `\u0002${stream}\0`;
}

/** The version follows. */
export function streamKey(stream: string, version: number): Buffer {
  return withNumber(streamHead(stream), version);
}

export function placeOf(key: Buffer): { readonly head: Buffer; readonly version: number } {
  return { head: key.subarray(0, key.length - numberBytes), version: seqOf(key) };
}

export function streamFrom(stream: string, version: number): { gte: Buffer; lt: Buffer } {
  return { gte: streamKey(stream, version), lt: Buffer.from(`\u0002${stream}\u0001`) };
}

export function numberValue(number: number): Buffer {
  const value = Buffer.allocUnsafe(numberBytes);
  writeNumber(value, number, 0);
  return value;
}

export function numberOf(value: Buffer): number {
  return Number(value.readBigUInt64BE(0));
}

export function snapshotKey(name: string, seq: number): Buffer {
  return withNumber(`\u0003${name}\0`, seq);
}

export function intentKey(intent: number): Buffer {
  return withNumber('\u0004', intent);
}

export const allIntents = { gte: Buffer.of(prefix.intent), lt: Buffer.of(prefix.intent + 1) };

/** The number below which everything was removed. */
export const trimmedKey = Buffer.from('\u007ftrimmedTo');

export const allStreams = { gte: Buffer.of(prefix.stream), lt: Buffer.of(prefix.stream + 1) };
export const allSnapshots = { gte: Buffer.of(prefix.snapshot), lt: Buffer.of(prefix.snapshot + 1) };

export function snapshotsUpTo(name: string, max: number): { gte: Buffer; lte: Buffer } {
  const last = Number.isFinite(max) ? max : Number.MAX_SAFE_INTEGER;
  return { gte: snapshotKey(name, 0), lte: snapshotKey(name, last) };
}

/** The form is hashed: a roll-up of another form has another key. */
export function rollUpKey(form: string, from: number): Buffer {
  return withNumber(`\u0005${crc32(form).toString(16).padStart(8, '0')}`, from);
}

export const allRollUps = { gte: Buffer.of(prefix.rollUp), lt: Buffer.of(prefix.rollUp + 1) };

export function pack(value: unknown): Buffer {
  return packText(JSON.stringify(value));
}

/** @param text JSON */
export function packText(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(headerBytes + Buffer.byteLength(text));
  bytes.write(text, headerBytes);
  bytes.writeUInt32BE(crc32(bytes.subarray(headerBytes)), 0);
  bytes[4] = json;
  return bytes;
}

/** The checksum in a record: two records with the same one have the same content. */
export function checksumOf(record: Buffer): number {
  return record.readUInt32BE(0);
}

/** @throws {DamagedRecord} when the checksum or the codec is wrong */
export function unpack(value: Buffer): unknown {
  if (!isIntact(value)) throw new DamagedRecord();
  return JSON.parse(value.toString('utf8', headerBytes));
}

function isIntact(value: Buffer): boolean {
  return (
    value.length > headerBytes && value[4] === json && crc32(value.subarray(headerBytes)) === value.readUInt32BE(0)
  );
}

// Numbers and a name of a usual length.
const placeBytes = 200;
const placeHead = /^\{"seq":\d+,"at":\d+,"stream":"([ !#-[\]-~]+)","version":(\d+),/;

/** The place of a fact, without the rest of it, which takes a quarter of the time. Undefined where it must be unpacked for that. */
export function placeIn(value: Buffer): { readonly stream: string; readonly version: number } | undefined {
  if (!isIntact(value)) return undefined;
  const [, stream, version] = placeHead.exec(value.toString('latin1', headerBytes, placeBytes)) ?? [];
  return stream === undefined ? undefined : { stream, version: Number(version) };
}
