/** The set-up: what `qcc` and `qcc init` ask a person who begins. */

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

export const setup = {
  begin:
    'Set up qcc: one endpoint, its test, the service, Claude Code. Each step can be left; ^C ends it, and what is done stays.',
  whereFrom: 'Where does the first endpoint come from?',
  whereFromNext: 'Where does the next endpoint come from?',
  fromCcSwitch: "cc-switch's configuration",
  fromFastcc: "fastcc's configuration",
  fromClaude: "Claude Code's settings",
  preset: 'a vendor whose address is known',
  byHand: 'an address that I type',
  leave: 'leave this step',
  profileName: 'Name of its profile',
  nothingToImport: 'all of it is here already',
  imported: (changes: number) => `imported: ${counted(changes, 'change')}`,
  undo: 'to undo it',
  whatNow: 'It did not answer well. What now?',
  otherKey: 'try another key',
  otherHeader: 'send the key in the other header (x-api-key or bearer)',
  keepIt: 'keep it as it is',
  removeIt: 'remove it again',
  removed: (profile: string) => `profile ${profile} is removed again`,
  another: 'Add another endpoint, for when this one fails?',
  howToRun: 'How should the gateway run?',
  asService: 'as a service: from now on, and after each login',
  untilReboot: 'in the background, until the next reboot',
  notNow: 'not now',
  applyClaude: (file: string) =>
    `Send Claude Code through the gateway? This writes ${file}; "qcc use --restore" takes it back.`,
  nextCode: 'to start Claude Code through the gateway without that',
  begunNothing: 'nothing is set up yet; qcc init begins again, and these do it without questions',
  isSetUp: 'qcc is set up',
  status: 'how it stands',
};

export type SetupWords = typeof setup;
