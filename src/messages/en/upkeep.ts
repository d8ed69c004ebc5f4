/** What looks after an installation: its gateway's life, its log, its service, its costs, its speed. A part of the command line's words. */
export const upkeepWords = {
  waitsForEnd: (pid: number) => `the gateway with pid ${pid} is on its way out; waiting for its end`,
  isStopping: (graceMs: number) => `stopping; requests have ${graceMs / 1_000} s to end`,
  hasStopped: 'stopped',
  stopFault: (step: string, why: string) => `while it ended, ${step}: ${why}`,
  stopOverdue: 'the end did not come in its time; the process ends now',
  unwritten: (facts: number, since: string) =>
    `the disk did not take ${facts} facts, from ${since} on; the next start tells them as lost`,
  stopBySignal: (signal: string, pid: number, why: string) => `${signal} to pid ${pid}: ${why}`,
  stillThere: 'it has answered, and is still there',
  noSocket: 'its control socket is not there',
  uncertain: (from: string) =>
    `the gateway before this one was killed: what ended after ${from} may not be on record, and what became of it is uncertain`,
  lostSince: (facts: number, since: string) => ` (${facts}, after ${since})`,
  serviceRuns: (name: string, file: string) => `${name} runs, and starts with your session: ${file}`,
  serviceRemoved: (file: string) => `the service is stopped, and its file is gone: ${file}`,
  serviceTaken: 'a gateway runs for this home already, and the service would be a second one',
  serviceLingers: 'it ends with your last session; to let it run without one:',
  servicePlain:
    'this system lets no user make namespaces, so the service may write wherever you may; its other limits hold (docs/security.md)',
  noServices: (platform: string) => `qcc knows no service of ${platform}`,
  commandFailed: (command: string, why: string) => `${command} failed: ${why}`,
  factsUnfolded: (which: string) =>
    `${which}: read, but the snapshot that they follow is gone: no state can be held against them`,
  foldedAgain: (facts: number, expected: number, machines: number) =>
    `${facts} of ${expected} facts folded again, into ${machines} machines and their views`,
  differs: (what: string, folded: string, running: string) =>
    `${what}: the facts make ${folded}, what runs is ${running}`,
  lostBefore: (which: string) => `${which}: lost, and told before`,
  drifted: (which: string, recorded: string, folded: string) =>
    `${which}: recorded ${recorded}; the chart of today would say ${folded}, and the record wins`,
  logIsWhole: 'the log is whole, and what runs is what the facts make',
  logIsNot: 'the log, or what runs, is not what it ought to be',
  nothingToRepair: (facts: number) => `nothing to repair: all ${facts} facts are whole; nothing was changed`,
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
  benchRuns: 'measuring: a gateway of its own against an upstream on this machine …',
  benchHow: (concurrent: number, rate: number) =>
    `throughput with ${concurrent} requests at once; times at ${rate} requests a second, from when each was due`,
  benchLocal: (given: string) => `"${given}" is no http:// address of this machine, and others would bill you for it`,
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
  costInAll: (dollars: string) => `${dollars} in all, by the price lists of the vendors; a relay may bill otherwise`,
  unpriced: (models: string) => `no list has a price for: ${models}`,
};

export type UpkeepWords = typeof upkeepWords;
