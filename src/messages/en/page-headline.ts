/** The words of the one sentence on top of the page. */
export interface HeadlineWords {
  readonly serves: (name: string) => string;
  readonly nothingSetUp: string;
  readonly offline: string;
  readonly nothingServes: string;
  readonly state: (name: string, state: string) => string;
  /** The span until then is counted down. */
  readonly backIn: (name: string, state: string, span: string) => string;
  readonly next: (serving: string, next: string) => string;
  readonly noNext: (serving: string) => string;
  readonly separator: string;
  readonly end: string;
}

export const headline: HeadlineWords = {
  serves: (name) => `${name} serves`,
  nothingSetUp: 'No endpoint is set up yet - run: qcc init',
  offline: 'This machine has no network',
  nothingServes: 'No endpoint can answer',
  state: (name, state) => `${name} is ${state}`,
  backIn: (name, state, span) => `${name} is ${state}, its next try is in ${span}`,
  next: (serving, next) => `if ${serving} fails, ${next} is next`,
  noNext: (serving) => `if ${serving} fails, no other endpoint is left`,
  separator: '; ',
  end: '.',
};
