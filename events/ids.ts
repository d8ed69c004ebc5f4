/** Identifiers, branded, with one parser each: a string that was not looked at cannot pass for one. */

declare const brand: unique symbol;
type Branded<Name extends string> = string & { readonly [brand]: Name };

/** Eight hex digits. */
export type EndpointId = Branded<'EndpointId'>;
export type ProfileName = Branded<'ProfileName'>;
/** What a client of the gateway is called; formed as the name of a profile. */
export type TokenName = Branded<'TokenName'>;
/** UUIDv7. */
export type RequestId = Branded<'RequestId'>;
/** Twelve hex digits. */
export type QueueId = Branded<'QueueId'>;

// Letters of any script, digits, dash, underscore, dot; no leading dot or dash; 1 to 64 characters.
const profileNameForm = /^[\p{L}\p{M}\p{N}_][\p{L}\p{M}\p{N}._-]{0,63}$/u;

export function parseProfileName(text: string): ProfileName | undefined {
  return profileNameForm.test(text) ? (text as ProfileName) : undefined;
}

export function parseTokenName(text: string): TokenName | undefined {
  return profileNameForm.test(text) ? (text as TokenName) : undefined;
}

const queueIdLength = 12;

/** A request that is queued has the random end of its own id: one can be told from the other. */
export function queueIdOf(request: string): QueueId {
  return request.slice(-queueIdLength) as QueueId;
}

/** The streams of the log, by the noun that each one tells of. */
export const streams = {
  priority: 'priority',
  config: 'config',
  gateway: 'gateway',
  endpoint: (id: EndpointId): string => `endpoint/${id}`,
  profile: (name: ProfileName): string => `profile/${name}`,
  request: (id: RequestId): string => `request/${id}`,
  queue: (id: QueueId): string => `queue/${id}`,
  token: (name: TokenName): string => `token/${name}`,
} as const;

/** The noun of a stream: what stands before the slash. */
export function kindOf(stream: string): string {
  const slash = stream.indexOf('/');
  return slash < 0 ? stream : stream.slice(0, slash);
}

/** The name in a stream: what stands after the slash. */
export function nameOf(stream: string): string {
  return stream.slice(stream.indexOf('/') + 1);
}
