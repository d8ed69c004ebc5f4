/**
 * The client's side of a request, as the rest of the proxy sees it: node:http's own pair of objects, or the fast path's.
 * These are the parts of `IncomingMessage` and `ServerResponse` that are used, with their meaning.
 */
import type { Socket } from 'node:net';

export interface ClientRequest {
  readonly method?: string | undefined;
  readonly rawHeaders: readonly string[];
  /** Node:http's connection; the fast path's knows by itself which request is its last. */
  readonly socket?: Socket;
  /** Of its body; undefined: look at its head. */
  readonly length?: number;
  /** The body has come whole. */
  readonly complete: boolean;
  /** All of the body, where it has come in one piece and was not listened for; it is complete then. */
  takeWhole?(): Buffer | undefined;
  on(event: 'data', listener: (chunk: Buffer) => void): unknown;
  on(event: 'end' | 'error' | 'close', listener: () => void): unknown;
  once(event: 'close', listener: () => void): unknown;
  /** What comes is dropped, unless a listener takes it. */
  resume(): unknown;
  destroy(): unknown;
}

export interface ClientAnswer {
  sendDate: boolean;
  /** False: what is written is framed already. */
  chunkedEncoding: boolean;
  readonly headersSent: boolean;
  readonly destroyed: boolean;
  readonly writableFinished: boolean;
  readonly socket: Socket | null;
  writeHead(status: number, pairs: string[]): unknown;
  flushHeaders(): void;
  write(bytes: Buffer | string): boolean;
  write(text: string, encoding: 'latin1'): boolean;
  end(): unknown;
  end(bytes: Buffer | string): unknown;
  end(text: string, encoding: 'latin1'): unknown;
  destroy(): unknown;
  on(event: 'close', listener: () => void): unknown;
  once(event: 'drain', listener: () => void): unknown;
}

/**
 * In good order: what closes its connection so wants no answer any more. A reset may be anything: Claude Code cancels by it, and a
 * connection that is lost ends by it too.
 */
export function hasClosed(socket: Socket | null): boolean {
  return socket?.readableEnded === true && socket.errored === null;
}
