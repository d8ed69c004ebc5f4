/** Where the next request would go. */
export interface RouteWords {
  readonly goesTo: (name: string, rule: string) => string;
  readonly open: string;
  readonly nowhere: string;
  readonly byPin: (profile: string) => string;
  readonly byActive: (profile: string) => string;
  readonly until: (why: string, time: string) => string;
  readonly notRunning: string;
  readonly separator: string;
}

export const route: RouteWords = {
  goesTo: (name, rule) => `the next request goes to ${name}: ${rule}`,
  open: 'another endpoint of the same priority may be chosen instead',
  nowhere: 'no endpoint would be asked now',
  byPin: (profile) => `profile ${profile} is pinned by hand`,
  byActive: (profile) => `the active profile is ${profile}`,
  until: (why, time) => `${why}, until ${time} at the latest`,
  notRunning: 'the gateway is not running: nothing answers requests until it is started',
  separator: '; ',
};
