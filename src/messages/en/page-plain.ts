/** The words of the plain page, and of tables that show the same. */
export interface PlainWords {
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
}

export const plain: PlainWords = {
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
  missing: 'This installation lacks the files of the page. The state is here without them; the password is the ticket:',
};
