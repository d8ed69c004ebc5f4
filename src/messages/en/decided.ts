/** What decided where a request went, in one sentence. */

export interface DecidedWords {
  readonly answered: (name: string, rule: string) => string;
  /** `failed` are those that were asked before. */
  readonly moved: (failed: string, name: string, rule: string) => string;
  /** The rule of one that was asked because it comes after those that failed. */
  readonly next: string;
  readonly failed: (failed: string) => string;
  readonly noneAsked: (why: string) => string;
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
  failed: (failed) => `it failed: ${failed}`,
  noneAsked: (why) => `it failed, and no endpoint was asked: ${why}`,
  broken: (name, rule) =>
    `${name} broke off its answer when a part of it had gone out, and then no other endpoint may be asked; why it was asked: ${rule}`,
  cancelled: (name) =>
    `its client went away${name === null ? ' before an endpoint was asked' : ` while ${name} was asked`}`,
  failure: (failure, names) => `${failure} (${names})`,
  byPath: (profile) => `its path asks for the profile ${profile} alone`,
  byPin: (profile, since) => `the profile ${profile} was pinned by hand${since === null ? '' : ` at ${since}`}`,
  byActive: (profile) => `the active profile was ${profile}`,
  byActiveSince: (profile, since, from, reason) =>
    `the active profile was ${profile}, since ${since} instead of ${from ?? '-'}: ${reason}`,
  separator: '; ',
  end: '.',
};
