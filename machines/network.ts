/** What a failure says about the network, and which failures say nothing about the endpoint. */
import type { Failure } from '../events/endpoint.ts';
import type { Millis } from '../events/fact.ts';

// No way to any other machine, or no server to ask for its address. A refusal came from a machine; a time-out may have.
const networkCodes: ReadonlySet<string> = new Set([
  'EADDRNOTAVAIL',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETDOWN',
  'ENETUNREACH',
  'ENOTFOUND',
]);

/** No connection, and perhaps not for any fault of the endpoint's. */
export function isNetworkGone(code: string | null): boolean {
  return code !== null && networkCodes.has(code);
}

/** The proxy on the way is down or refuses: every endpoint behind it would look the same. */
const proxyCode = 'EPROXY';

/** It says nothing about the endpoint, nor about the network. */
export function isProxyDown(code: string | null): boolean {
  return code === proxyCode;
}

// This process or this machine has no descriptor, no memory or no buffer left for a connection: no endpoint was asked.
const shortageCodes: ReadonlySet<string> = new Set(['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM']);

/** It says nothing about the endpoint, nor about the network: it was this machine that could not dial. */
export function isShortage(code: string | null): boolean {
  return code !== null && shortageCodes.has(code);
}

/**
 * Why a proxy opens no tunnel, as a code: one that answers 5xx is well and found no way to the endpoint (RFC 9110 §15.6; Squid says
 * 503, others 502 and 504); any other answer is about the proxy itself (407, 403).
 */
export function tunnelRefused(status: number): string {
  return status >= 500 ? 'EHOSTUNREACH' : proxyCode;
}

// What a lost network or a sleep looks like from here. A status, a certificate, a page of HTML came from another machine.
const silences: ReadonlySet<Failure> = new Set(['unreachable', 'timeout', 'brokenAnswer']);

export interface TransportFailure {
  readonly failure: Failure;
  /** A system's code, when no answer came; null otherwise. */
  readonly code: string | null;
  readonly startedAt: Millis;
  /** On this machine: the network has nothing to do with it. */
  readonly isLocal: boolean;
}

export interface NetworkNow {
  readonly isOffline: boolean;
  /** When the machine last woke up. */
  readonly wokeAt: Millis | null;
  /** Endpoints may be dialled to find out. */
  readonly isProbing: boolean;
}

/**
 * What becomes of a failure: `counts` against the endpoint; `void`: it says nothing (offline, slept through, the proxy's
 * own, nothing left to dial with); `doubtful`: only a dial of the others tells whether it was the network.
 */
export function weighFailure(
  { failure, code, startedAt, isLocal }: TransportFailure,
  { isOffline, wokeAt, isProbing }: NetworkNow,
): 'counts' | 'void' | 'doubtful' {
  if (isProxyDown(code) || isShortage(code)) return 'void';
  if (!silences.has(failure)) return 'counts';
  if (wokeAt !== null && startedAt < wokeAt) return 'void';
  if (isLocal) return 'counts';
  if (isOffline) return 'void';
  return isNetworkGone(code) && isProbing ? 'doubtful' : 'counts';
}
