/** What the beginning of a body says, should an endpoint compress unasked. Only what is small is looked into. */
import { brotliDecompressSync, constants, unzipSync } from 'node:zlib';

/** Of at most so many bytes; empty when they cannot be read. */
export function plainText(body: Buffer, encoding: string, bytesMax: number): string {
  const part = body.length > bytesMax ? body.subarray(0, bytesMax) : body;
  if (encoding === '' || encoding === 'identity') return part.toString('utf8');
  try {
    const limit = { maxOutputLength: bytesMax };
    if (encoding === 'br')
      return brotliDecompressSync(part, { ...limit, finishFlush: constants.BROTLI_OPERATION_FLUSH }).toString('utf8');
    return unzipSync(part, { ...limit, finishFlush: constants.Z_SYNC_FLUSH }).toString('utf8');
  } catch {
    return '';
  }
}
