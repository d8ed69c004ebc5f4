/** What it means when the engine fails: errors of the system and of NATS, as one of the few faults that a person can mend. */
import type { FleetFault } from '../contract/fleet.ts';

const byCode: Readonly<Record<string, FleetFault>> = {
  ECONNREFUSED: 'refused',
  ENOTFOUND: 'unknownHost',
  EAI_AGAIN: 'unknownHost',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENETDOWN: 'unreachable',
  EHOSTDOWN: 'unreachable',
  EADDRNOTAVAIL: 'unreachable',
  ETIMEDOUT: 'silent',
  TimeoutError: 'silent',
  ECONNRESET: 'ended',
  EPIPE: 'ended',
  ClosedConnectionError: 'ended',
  ConnectionError: 'ended',
  AuthorizationError: 'login',
  UserAuthenticationExpiredError: 'login',
  PermissionViolationError: 'forbidden',
  NKeysError: 'seed',
  CERT_HAS_EXPIRED: 'expired',
  CERT_NOT_YET_VALID: 'expired',
  ERR_TLS_CERT_ALTNAME_INVALID: 'otherName',
  EPROTO: 'tls',
  JetStreamNotEnabled: 'noJetStream',
  NoRespondersError: 'noJetStream',
  // Of the server: not for this account; no resources; no room for the stream, for the message, and in the account.
  10039: 'noJetStream',
  10023: 'full',
  10047: 'full',
  10077: 'full',
  10028: 'full',
  caFile: 'caFile',
  nameTaken: 'nameTaken',
};
// Of OpenSSL and of Node.
const untrusted = /CERT|ISSUER|SELF_SIGNED|SIGNATURE/;
const encryption = /^ERR_(SSL|TLS)_/;
// What the client has no code for.
const bySentence: readonly (readonly [RegExp, FleetFault])[] = [
  [/does not support 'tls'/, 'plain'],
  [/^unexpected response/, 'strange'],
  [/^nkeys: /, 'seed'],
];

/** @param code of the same error */
export function faultOf(error: unknown, code: string): FleetFault {
  const { message = '' } = error as Partial<Error>;
  const said = bySentence.find(([form]) => form.test(message));
  if (said) return said[1];
  const known = byCode[code];
  if (known) return known;
  if (encryption.test(code)) return 'tls';
  return untrusted.test(code) ? 'untrusted' : 'other';
}

// They say that something failed, and their cause says what.
const wrapping: ReadonlySet<string> = new Set(['Error', 'TypeError', 'ConnectionError', 'RequestError']);

/** A code, or the name of the error, or those of what caused it: what a server says is not repeated. */
export function codeOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Error';
  const { code, name, cause } = error as NodeJS.ErrnoException;
  if (typeof code === 'number') return String(code);
  // Some libraries have a sentence there.
  if (typeof code === 'string' && /^\w+$/.test(code)) return code;
  return wrapping.has(name) && cause instanceof Error ? codeOf(cause) : name;
}
