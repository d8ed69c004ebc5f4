/** What the beginning of a body says, should an endpoint compress unasked. Only what is small is looked into. */
import * as zlib from 'node:zlib';

const { brotliDecompressSync, constants, inflateRawSync, unzipSync } = zlib;

interface Limits {
  readonly maxOutputLength: number;
}
type Decoder = (bytes: Buffer, limits: Limits) => Buffer;

const gunzip: Decoder = (bytes, limits) => unzipSync(bytes, { ...limits, finishFlush: constants.Z_SYNC_FLUSH });
/** Node has it from 22.15 on. */
const { zstdDecompressSync } = zlib as unknown as { readonly zstdDecompressSync?: Decoder };

const decoders: Readonly<Record<string, Decoder | undefined>> = {
  gzip: gunzip,
  'x-gzip': gunzip,
  br: (bytes, limits) => brotliDecompressSync(bytes, { ...limits, finishFlush: constants.BROTLI_OPERATION_FLUSH }),
  // RFC 9110 means zlib's format; some send it bare.
  deflate: (bytes, limits) =>
    ((bytes[0] ?? 0) & 0x0f) === 8
      ? gunzip(bytes, limits)
      : inflateRawSync(bytes, { ...limits, finishFlush: constants.Z_SYNC_FLUSH }),
  zstd: zstdDecompressSync,
};

/** Of at most so many bytes; empty when they cannot be read. */
export function plainText(body: Buffer, encoding: string, bytesMax: number): string {
  const part = body.length > bytesMax ? body.subarray(0, bytesMax) : body;
  if (encoding === '' || encoding === 'identity') return part.toString('utf8');
  try {
    return decoders[encoding]?.(part, { maxOutputLength: bytesMax }).toString('utf8') ?? '';
  } catch {
    return '';
  }
}
