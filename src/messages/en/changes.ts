/** What a change has made true, what comes next, and what is asked before it. */
import type { Tier } from '../../../events/profile.ts';

const counted = (count: number, noun: string) => `${count} ${noun}${count === 1 ? '' : 's'}`;
const these = (count: number) => (count === 1 ? 'this change' : `these ${count} changes`);
const rung = (tier: Tier | null) => (tier === null ? '' : `, tier ${tier}`);

export const changes = {
  next: 'next',
  test: 'test',
  see: 'see',
  back: 'to undo it',
  toDefault: 'to reset it',
  toEnd: 'to end it',
  startAgain: 'start it again',
  restoreIt: 'restore it',
  readIn: 'import it',
  goBack: 'go back to it',
  ask: 'query it',
  verify: 'verify it',
  profileAdded: (name: string, endpoints: number, tier: Tier | null) =>
    `profile ${name} is added, with ${endpoints === 0 ? 'no endpoints yet' : counted(endpoints, 'endpoint')}${rung(tier)}`,
  profileIsDefault: (name: string) => `${name} is the default profile`,
  profileDescribed: (name: string, description: string) =>
    description === '' ? `${name} no longer has a description` : `${name} is described as "${description}"`,
  profileRemoved: (name: string, endpoints: number) =>
    endpoints === 0
      ? `profile ${name} is removed`
      : `profile ${name} is removed, with ${counted(endpoints, 'endpoint')}; ${endpoints === 1 ? 'its key is' : 'the keys are'} destroyed`,
  profileActive: (name: string) => `${name} is active, and stays active until it is released or fails`,
  profileTier: (name: string, tier: Tier | null) =>
    tier === null ? `${name} has no tier, and is off the ladder` : `${name} is on tier ${tier}`,
  released: (active: string | null) =>
    active === null ? 'nothing is pinned, and no profile is active' : `nothing is pinned; ${active} is active`,
  endpointAdded: (name: string, profile: string, weight: number) => `${name} is in ${profile}, weight ${weight}`,
  endpointsAdded: (names: string, profile: string) => `added to ${profile}: ${names}`,
  ruleHidden: 'never reached: a rule before it fits all that it fits',
  ruleNotReached: (rule: string) => `the rule ${rule} is never reached: a rule before it fits all that it fits`,
  modelExcluded: 'it does not have it: such requests go to another endpoint',
  noTable: 'it has no table of models: names of models go to it as they come',
  presetTable: (rules: string, checkedAt: string) => `models, by the vendor's documentation of ${checkedAt}: ${rules}`,
  endpointChanged: (name: string, profile: string, weight: number, priority: number) =>
    `${name} in ${profile} is updated: weight ${weight}, priority ${priority}`,
  endpointRemoved: (name: string, profile: string) => `${name} is removed from ${profile}; its key is destroyed`,
  endpointEnabled: (name: string, profile: string) => `${name} in ${profile} takes requests again`,
  endpointDisabled: (name: string, profile: string) => `${name} in ${profile} takes no requests`,
  endpointForgets: (name: string, profile: string, what: readonly string[]) =>
    what.length === 0
      ? `${name} in ${profile} has refused nothing: there is nothing to forget`
      : `${name} in ${profile} gets these again: ${what.join(', ')}`,
  endpointReset: (name: string, profile: string, state: string) => `${name} in ${profile}: ${state}`,
  queueRetried: (count: number) =>
    count === 0 ? 'nothing in the queue is to be retried' : `${counted(count, 'request')} will be retried now`,
  queueCleared: (count: number) =>
    count === 0 ? 'there was nothing to clear in the queue' : `${counted(count, 'request')} cleared from the queue`,
  gatewayAnswers: (url: string, pid: number) => `the gateway answers on ${url}, pid ${pid}`,
  gatewayStopped: (ended: number, cut: number) =>
    [
      'the gateway has stopped',
      ended === 0 ? '' : `${counted(ended, 'request')} finished first`,
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
    `${id} holds the configuration as it is now${description === '' ? '' : `: ${description}`}`,
  rolledBack: (to: string, count: number) =>
    `the configuration is as it was at ${to}: ${counted(count, 'change')} made`,
  imported: (count: number) => `the import is done: ${counted(count, 'change')} made`,
  entriesWritten: (file: string, count: number) => `${file} holds ${count} ${count === 1 ? 'entry' : 'entries'}`,
  statsWritten: (file: string, rows: number) => `${file} holds ${counted(rows, 'row')}`,
  incidentWritten: (file: string, facts: number) =>
    `${file} holds ${counted(facts, 'fact')}, without keys, prompts, sessions and paths`,
  incidentPageWritten: (file: string, facts: number) =>
    `${file} holds ${counted(facts, 'fact')}, without keys, prompts, sessions and paths; open it in any browser`,
  claudeGivenBack: (file: string) => `what qcc had changed in ${file} is restored`,
  claudePointsHere: (file: string) => `Claude Code will use the gateway the next time it starts: ${file}`,
  itemDropped: (id: string, is: 'cancelled' | 'forgotten') =>
    is === 'cancelled' ? `${id} is cancelled: no endpoint is asked for it again` : `${id} is gone from the queue`,
  itemRetried: (id: string, state: string) => `${id}: ${state}`,
  askRemoveProfile: (name: string, endpoints: number, isActive: boolean) =>
    [
      `Remove profile ${name}${endpoints === 0 ? '' : `, with ${counted(endpoints, 'endpoint')}`}?`,
      ...(isActive ? ['It is the active one.'] : []),
      endpoints === 0
        ? `It has no endpoints; "qcc add ${name}" creates it again.`
        : `${endpoints === 1 ? 'Its key is' : 'Their keys are'} destroyed: this cannot be undone.`,
    ].join(' '),
  askRemoveEndpoint: (name: string, profile: string, address: string, key: string) =>
    `Remove ${name} (${address}, key ${key}) from ${profile}? Its key is destroyed: this cannot be undone.`,
  askImport: (count: number) =>
    `Make ${these(count)}? A snapshot is taken first; "qcc config rollback --last" undoes ${count === 1 ? 'it' : 'them'}.`,
  askRollback: (to: string, count: number) =>
    `Go back to ${to}, making ${these(count)}? "qcc config rollback --last" undoes ${count === 1 ? 'it' : 'them'}.`,
  askReset: (keys: readonly string[], hasSecrets: boolean) =>
    `Reset ${keys.length === 1 ? '' : `${keys.length} settings `}to default: ${keys.join(', ')}? "qcc config rollback --last" undoes it${hasSecrets ? ', but cannot bring back the secrets among them' : ''}.`,
  testing: 'testing it …',
  testPassed: (name: string, ms: number, model: string | null) =>
    `${name} answers: ${model === null ? '' : `${model}, `}${ms} ms`,
  testFailed: (name: string, why: string) => `${name} does not answer: ${why}`,
  testAgain: 'test again',
  keyIsNext: 'this is a key, which is asked for next; here goes the address, such as https://relay.example.com',
  askWeight: 'Weight',
  askPriority: 'Priority (lower numbers go first)',
  later: 'later',
  allDefault: 'every setting has its default value',
};

export type ChangeWords = typeof changes;
