/** The set-up: what `qcc` and `qcc init` ask a person who begins. */

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;

export const setup = {
  begin:
    'Set up qcc: add an endpoint, test it, install the service, connect Claude Code. Any step can be skipped; ^C stops here and keeps what is done.',
  whereFrom: 'Where does the first endpoint come from?',
  whereFromNext: 'Where does the next endpoint come from?',
  fromCcSwitch: "cc-switch's configuration",
  fromFastcc: "fastcc's configuration",
  fromClaude: "Claude Code's settings",
  preset: 'a vendor whose address is known',
  byHand: 'an address that I type',
  leave: 'skip this step',
  profileName: 'Name of its profile',
  nothingToImport: 'everything in it is here already',
  imported: (changes: number) => `imported: ${counted(changes, 'change')}`,
  undo: 'to undo it',
  whatNow: 'The test failed. What now?',
  otherKey: 'try another key',
  otherHeader: 'send the key in the other header (x-api-key or bearer)',
  keepIt: 'keep it as it is',
  removeIt: 'remove it',
  removed: (profile: string) => `profile ${profile} is removed`,
  another: 'Add another endpoint, for when this one fails?',
  howToRun: 'How should the gateway run?',
  asService: 'as a service: now, and after each login',
  untilReboot: 'in the background, until the next reboot',
  notNow: 'not now',
  noService:
    'there is no service yet, so the gateway starts in the background, and runs until the next reboot; to try again',
  applyClaude: (file: string) =>
    `Send Claude Code through the gateway? This writes ${file}; "qcc use --restore" undoes it.`,
  nextCode: 'to start Claude Code through the gateway without changing its settings',
  begunNothing: 'nothing is set up yet; run qcc init again, or these commands, which ask nothing',
  isSetUp: 'qcc is set up',
  status: 'to see its state',
};

export type SetupWords = typeof setup;
