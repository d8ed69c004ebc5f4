/** What looks after an installation: its gateway's life, its log, its service, its costs, its speed. A part of the command line's words. */
export const upkeepWords = {
  waitsForEnd: (pid: number) => `the gateway with pid ${pid} is stopping; waiting for it to exit`,
  isStopping: (graceMs: number) => `stopping; requests have ${graceMs / 1_000} s to finish`,
  hasStopped: 'stopped',
  stopFault: (step: string, why: string) => `while stopping, ${step}: ${why}`,
  stopOverdue: 'stopping took too long; the process exits now',
  unwritten: (facts: number, since: string) =>
    `facts that could not be written to the disk, from ${since} on: ${facts}; the next start records them as lost`,
  stopBySignal: (signal: string, pid: number, why: string) => `${signal} to pid ${pid}: ${why}`,
  stillThere: 'it answered, but is still running',
  noSocket: 'its control socket does not exist',
  uncertain: (from: string) =>
    `the previous gateway was killed: requests that ended after ${from} may not be on record, and their outcome is uncertain`,
  lostSince: (facts: number, since: string) => ` (${facts}, after ${since})`,
  serviceRuns: (name: string, file: string) => `${name} is running, and starts when you log in: ${file}`,
  serviceRemoved: (file: string) => `the service is stopped, and its file removed: ${file}`,
  serviceLingers: 'it stops when you log out; to keep it running:',
  servicePlain:
    'this system does not let users create namespaces, so the service can write wherever you can; its other limits hold (docs/security.md)',
  noServices: (platform: string) => `qcc cannot install a service on ${platform}`,
  commandFailed: (command: string, why: string) => `${command} failed: ${why}`,
  factsUnfolded: (which: string) =>
    `${which}: readable, but the snapshot before them is gone: no state can be compared with them`,
  foldedAgain: (facts: number, expected: number, machines: number) =>
    `${facts} of ${expected} facts replayed, into ${machines} machines and their views`,
  differs: (what: string, folded: string, running: string) =>
    `${what}: the facts give ${folded}, the running state is ${running}`,
  lostBefore: (which: string) => `${which}: lost, as recorded before`,
  drifted: (which: string, recorded: string, folded: string) =>
    `${which}: recorded as ${recorded}; today's chart would say ${folded}, and the record wins`,
  logIsWhole: 'the log is intact, and the running state matches its facts',
  logIsNot: 'the log is damaged, or the running state does not match its facts',
  nothingToRepair: (facts: number) => `nothing to repair: all ${facts} facts are intact; nothing was changed`,
  repaired: (facts: number) => `a new log was made, with ${facts} facts`,
  nothingLost: 'nothing was lost',
  originalKept: (path: string) => `the damaged one is kept: ${path}`,
  facts: 'facts',
  bytes: 'size',
  share: 'share',
  type: 'type',
  onDisk: 'on the disk',
  growth: (facts: number, bytes: string, disk: string) => `a day: ${facts} facts, ${bytes}; ${disk} on the disk`,
  compacted: (trimmed: number, facts: number, before: string, after: string) =>
    `${trimmed} old facts removed, ${facts} left; ${before} before, ${after} now`,
  benchRuns: 'measuring a separate gateway against an upstream on this machine …',
  benchHow: (concurrent: number, rate: number) =>
    `throughput with ${concurrent} requests at once; times at ${rate} requests a second, from when each was due`,
  benchLocal: (given: string) => `"${given}" is not an http:// address of this machine, and others would bill you`,
  mustBeCountTo: (name: string, most: number, given: string) =>
    `${name} must be a whole number from 1 to ${most}, not "${given}"`,
  direct: 'direct',
  throughGateway: 'gateway',
  added: 'added',
  throughput: 'throughput',
  whole: 'whole',
  errors: 'errors',
  cacheTokens: 'cache read/written',
  cost: 'cost',
  sessionsLeftOut: (count: number) => `${count} more sessions, which used less, are left out`,
  costInAll: (dollars: string, date: string) =>
    `${dollars} in total, by the vendors' price lists of ${date}; a relay may charge differently`,
  unpriced: (models: string) => `no price is known for: ${models}`,
};

export type UpkeepWords = typeof upkeepWords;
