/** The words of the one sentence on top of the page. */
export interface HeadlineWords {
  /** One, or several that share the requests. */
  readonly serves: (names: readonly string[]) => string;
  readonly nothingSetUp: string;
  readonly offline: string;
  readonly nothingServes: string;
  /** `why` is empty where nothing is to blame. */
  readonly state: (name: string, state: string, why: string) => string;
  /** In the place of a state: it is well, and no request is sent there. */
  readonly passedOver: string;
  /** Behind its state: when it is checked, tried by a request, or in another state. The span until then is counted down. */
  readonly checked: (said: string, span: string) => string;
  readonly tried: (said: string, span: string) => string;
  readonly becomes: (said: string, state: string, span: string) => string;
  readonly next: (serving: readonly string[], next: readonly string[]) => string;
  readonly noNext: (serving: readonly string[]) => string;
  readonly separator: string;
  readonly end: string;
}

export const headline: HeadlineWords = {
  serves: (names) => (names.length === 1 ? `${names[0]} serves` : `${listed(names)} share the requests`),
  nothingSetUp: 'No endpoint is set up yet - run: qcc init',
  offline: 'This machine has no network',
  nothingServes: 'No endpoint can answer',
  state: (name, state, why) =>
    `${name} ${state === 'failed' ? 'has failed' : `is ${state}`}${why === '' ? '' : ` (${why})`}`,
  passedOver: 'passed over',
  checked: (said, span) => `${said}, the next check is in ${span}`,
  tried: (said, span) => `${said}, the next try is in ${span}`,
  becomes: (said, state, span) => `${said}, ${state} in ${span}`,
  next: (serving, next) => `${failing(serving)}, ${listed(next)} ${next.length === 1 ? 'is' : 'are'} next`,
  noNext: (serving) => `${failing(serving)}, no other endpoint is left`,
  separator: '; ',
  end: '.',
};

function failing(names: readonly string[]): string {
  if (names.length === 1) return `if ${names[0]} fails`;
  return names.length === 2 ? 'if both fail' : 'if all of them fail';
}

/** `a`, `a and b`, `a, b and c`. */
function listed(names: readonly string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}
