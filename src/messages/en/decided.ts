/** What decided where a request went, in one sentence. */

export interface DecidedWords {
  readonly answered: (name: string, rule: string) => string;
  /** `failed` are those that were asked before. */
  readonly moved: (failed: string, name: string, rule: string) => string;
  /** The rule of one that was asked because it comes after those that failed. */
  readonly next: string;
  readonly failed: (failed: string) => string;
  readonly noneAsked: (why: string) => string;
  /** Why none was asked. */
  readonly out: (failed: string) => string;
  readonly broken: (name: string, rule: string) => string;
  readonly cancelled: (name: string | null) => string;
  readonly failure: (failure: string, names: string) => string;
  readonly byPath: (profile: string) => string;
  readonly byPin: (profile: string, since: string | null) => string;
  readonly byActive: (profile: string) => string;
  readonly byActiveSince: (profile: string, since: string, from: string | null, reason: string) => string;
  readonly separator: string;
  readonly end: string;
}

export const decided: DecidedWords = {
  answered: (name, rule) => `${name} answered: ${rule}`,
  moved: (failed, name, rule) => `${failed}; so ${name} answered: ${rule}`,
  next: 'next in order',
  failed: (failed) => `the request failed: ${failed}`,
  noneAsked: (why) => `the request failed, and no endpoint was asked: ${why}`,
  out: (failed) => `out at that time: ${failed}`,
  broken: (name, rule) =>
    `${name} broke off its answer after part of it had been sent, and then no other endpoint may be asked; why it was chosen: ${rule}`,
  cancelled: (name) =>
    `the client left ${name === null ? 'before an endpoint was asked' : `while ${name} was being asked`}`,
  failure: (failure, names) => `${failure} (${names})`,
  byPath: (profile) => `the request's path limits it to profile ${profile}`,
  byPin: (profile, since) => `profile ${profile} was pinned by hand${since === null ? '' : ` at ${since}`}`,
  byActive: (profile) => `the active profile was ${profile}`,
  byActiveSince: (profile, since, from, reason) =>
    `the active profile was ${profile}, ${from === null ? 'active' : `in place of ${from}`} since ${since}: ${reason}`,
  separator: '; ',
  end: '.',
};
