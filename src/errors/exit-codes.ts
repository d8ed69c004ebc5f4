/** What a command ends with. They stand apart from the errors, whose words help does not load. */

/** `docs/commands.md` lists them; they are never renumbered. */
export const exitCodes = {
  done: 0,
  failed: 1,
  usage: 2,
  notRunning: 3,
  credential: 4,
  notFound: 5,
  conflict: 6,
  checkFailed: 7,
  interrupted: 130,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
