/** The page's words. Facts, reasons and rules have the words of the history. */
export interface PageWords {
  readonly title: string;
  readonly lang: string;
  readonly headline: {
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
  };
  readonly command: {
    readonly opened: (origin: string) => string;
    readonly once: (port: string) => string;
    readonly noBrowser: string;
    readonly untilInterrupted: string;
  };
  readonly plain: {
    readonly reload: string;
    readonly profile: string;
    readonly endpoint: string;
    readonly state: string;
    readonly since: string;
    readonly why: string;
    readonly until: string;
    readonly success: string;
    readonly firstToken: string;
    readonly requests: (running: number, waiting: number) => string;
    readonly queue: (waiting: number, answered: number, dead: number) => string;
    readonly active: string;
    readonly pinned: string;
    readonly caption: string;
    /** The page's files are not there. */
    readonly missing: string;
  };
}

export const page: PageWords = {
  title: 'qcc',
  lang: 'en',
  headline: {
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
  },
  command: {
    opened: (origin) => `the dashboard is open in your browser: ${origin}`,
    once: (port) =>
      `good once, within a minute. Over SSH, forward the same port number: ssh -L ${port}:127.0.0.1:${port} …`,
    noBrowser: 'no browser was found here; open this address within a minute:',
    untilInterrupted: 'Ctrl-C ends it',
  },
  plain: {
    reload: 'As of this moment. Reload for a newer one.',
    profile: 'Profile',
    endpoint: 'Endpoint',
    state: 'State',
    since: 'Since',
    why: 'Why',
    until: 'Until',
    success: 'Success',
    firstToken: 'Response',
    requests: (running, waiting) => `Requests: ${running} running, ${waiting} waiting`,
    queue: (waiting, answered, dead) => `Queue: ${waiting} waiting, ${answered} answered, ${dead} dead`,
    active: 'active',
    pinned: 'pinned',
    caption: 'Endpoints, in the order in which they are asked',
    missing:
      'This installation lacks the files of the page. The state is here without them; the password is the ticket:',
  },
};
