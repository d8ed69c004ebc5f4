/** Where the next request would go. */
export interface RouteWords {
  readonly goesTo: (name: string, rule: string) => string;
  readonly open: string;
  readonly nowhere: string;
  readonly byPin: (profile: string) => string;
  readonly byActive: (profile: string) => string;
  readonly separator: string;
}

export const route: RouteWords = {
  goesTo: (name, rule) => `the next request goes to ${name}: ${rule}`,
  open: 'another one of the same priority may be chosen as well',
  nowhere: 'no endpoint would be asked now',
  byPin: (profile) => `the profile ${profile} is pinned by hand`,
  byActive: (profile) => `the active profile is ${profile}`,
  separator: '; ',
};
