/** What a change has made true, what comes next, and what is asked before it. */
import type { Tier } from '../../../events/profile.ts';

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
const rung = (tier: Tier | null) => (tier === null ? '' : `, tier ${tier}`);

export const changes = {
  next: 'next',
  test: 'test',
  see: 'see',
  back: 'to undo it',
  toDefault: 'the default again',
  toEnd: 'to end it',
  startAgain: 'start it again',
  restoreIt: 'restore it',
  readIn: 'read it in',
  goBack: 'go back to it',
  ask: 'ask it',
  verify: 'verify it',
  profileAdded: (name: string, endpoints: number, tier: Tier | null) =>
    `profile ${name} is added, with ${endpoints === 0 ? 'no endpoint yet' : counted(endpoints, 'endpoint')}${rung(tier)}`,
  profileIsDefault: (name: string) => `${name} is the default profile`,
  profileDescribed: (name: string, description: string) =>
    description === '' ? `${name} has no description now` : `${name} is described as "${description}"`,
  profileRemoved: (name: string, endpoints: number) =>
    endpoints === 0
      ? `profile ${name} is removed`
      : `profile ${name} is removed, with ${counted(endpoints, 'endpoint')}; the keys are destroyed`,
  profileActive: (name: string) => `${name} is active, and stays so until it is released or fails`,
  profileTier: (name: string, tier: Tier | null) =>
    tier === null ? `${name} is on no tier of the ladder` : `${name} is on tier ${tier}`,
  released: (active: string | null) =>
    active === null ? 'nothing is pinned, and no profile is active' : `nothing is pinned; ${active} is active`,
  endpointAdded: (name: string, profile: string, weight: number) => `${name} stands in ${profile}, weight ${weight}`,
  endpointsAdded: (names: string, profile: string) => `${names} stand in ${profile}`,
  endpointChanged: (name: string, profile: string, weight: number, priority: number) =>
    `${name} in ${profile} is changed: weight ${weight}, priority ${priority}`,
  endpointRemoved: (name: string, profile: string) => `${name} is removed from ${profile}; its key is destroyed`,
  endpointEnabled: (name: string, profile: string) => `${name} in ${profile} takes requests again`,
  endpointDisabled: (name: string, profile: string) => `${name} in ${profile} takes no requests`,
  endpointReset: (name: string, profile: string, state: string) => `${name} in ${profile}: ${state}`,
  gatewayAnswers: (url: string, pid: number) => `the gateway answers on ${url}, pid ${pid}`,
  gatewayStopped: (ended: number, cut: number) =>
    [
      'the gateway is stopped',
      ended === 0 ? '' : `${counted(ended, 'request')} ended first`,
      cut === 0 ? 'no request was cut off' : `${counted(cut, 'request')} ${cut === 1 ? 'was' : 'were'} cut off`,
    ]
      .filter((part) => part !== '')
      .join(', '),
  exported: (file: string, profiles: number, settings: number, hasKeys: boolean) =>
    `${file} holds ${counted(profiles, 'profile')} and ${counted(settings, 'setting')}, ${hasKeys ? 'with the keys, under your passphrase' : 'without keys'}`,
  backedUp: (file: string, facts: number, size: string) =>
    `${file} holds the whole home: ${counted(facts, 'fact')}, ${size}`,
  homeRestored: (home: string, facts: number) => `${home} is restored, with ${counted(facts, 'fact')}`,
  snapshotTaken: (id: string, description: string) =>
    `${id} is the configuration as it is now${description === '' ? '' : `: ${description}`}`,
  rolledBack: (to: string, count: number) =>
    `the configuration is as it was at ${to}: ${counted(count, 'change')} made`,
  imported: (count: number) => `the import is done: ${counted(count, 'change')} made`,
  entriesWritten: (file: string, count: number) => `${file} holds ${count} ${count === 1 ? 'entry' : 'entries'}`,
  statsWritten: (file: string, rows: number) => `${file} holds ${counted(rows, 'row')}`,
  incidentWritten: (file: string, facts: number) =>
    `${file} holds ${counted(facts, 'fact')}, without keys, prompts, sessions and paths`,
  claudeGivenBack: (file: string) => `what qcc had set in ${file} is given back`,
  claudePointsHere: (file: string) => `Claude Code uses the gateway from its next start on: ${file}`,
  itemRetried: (id: string, state: string) => `${id}: ${state}`,
  askRemoveProfile: (name: string, endpoints: number, isActive: boolean) =>
    [
      `Remove profile ${name}${endpoints === 0 ? '' : `, with ${counted(endpoints, 'endpoint')}`}?`,
      ...(isActive ? ['It is the active one.'] : []),
      endpoints === 0
        ? `It has no endpoint; "qcc add ${name}" would make it anew.`
        : 'The keys are destroyed with it: this cannot be undone.',
    ].join(' '),
  askRemoveEndpoint: (name: string, profile: string, address: string, key: string) =>
    `Remove ${name} (${address}, key ${key}) from ${profile}? The key is destroyed with it: this cannot be undone.`,
  askImport: (count: number) =>
    `Make these ${counted(count, 'change')}? A snapshot is taken first: "qcc config rollback --last" takes them back.`,
  askRollback: (to: string, count: number) =>
    `Go back to ${to}, with these ${counted(count, 'change')}? "qcc config rollback --last" takes them back.`,
  askReset: (keys: readonly string[], hasSecrets: boolean) =>
    `Set ${keys.length === 1 ? '' : `${keys.length} settings `}back to default: ${keys.join(', ')}? "qcc config rollback --last" takes it back${hasSecrets ? ', but not the secrets among them' : ''}.`,
  testing: 'testing it …',
  testPassed: (name: string, ms: number, model: string | null) =>
    `${name} answers: ${model === null ? '' : `${model}, `}${ms} ms`,
  testFailed: (name: string, why: string) => `${name} does not answer: ${why}`,
  testAgain: 'test again',
  askWeight: 'Weight',
  askPriority: 'Priority (lower numbers are taken first)',
  later: 'later',
  allDefault: 'every setting has its default',
};

export type ChangeWords = typeof changes;
