/** What each check has found: when all is well, and when it is not. */
import type { ReasonOrWord } from '../../../events/reason.ts';
import type { Check, CheckId } from '../../contract/checks.ts';
import { fleetWords } from './fleet.ts';
import { sayWhy } from './reasons.ts';
import { plural as counted } from './story-words.ts';

export type About = Check['about'];

export interface CheckWords {
  readonly good: string;
  readonly bad: (about: About) => string;
}

const wrongs: Readonly<Record<string, string>> = {
  kind: 'is of the wrong kind: a folder where a file belongs, or the other way round',
  damaged: 'is damaged',
  forbidden: 'cannot be read by you',
};

export const checks: Readonly<Record<CheckId, CheckWords>> = {
  profiles: { good: 'there is a profile', bad: () => 'there is no profile yet' },
  'ladder.serves': {
    good: 'every profile of the ladder has an endpoint that can serve',
    bad: ({ profile, endpoints }) =>
      endpoints
        ? `all endpoints of profile ${profile} are disabled`
        : `profile ${profile} is empty: it has no endpoint`,
  },
  'ladder.outside': {
    good: 'every profile is on the ladder',
    bad: ({ profile }) => `profile ${profile} has no tier: requests reach it only through /p/${profile}`,
  },
  'endpoint.address': {
    good: 'the addresses of the endpoints are valid',
    bad: ({ profile, endpoint, why }) => `endpoint ${endpoint} of ${profile}: ${why}`,
  },
  'endpoint.loop': {
    good: 'no endpoint points back at this gateway',
    bad: ({ profile, endpoint, baseUrl }) =>
      `endpoint ${endpoint} of ${profile} points back at this gateway (${baseUrl}): requests would go round in a loop`,
  },
  'endpoint.key': {
    good: 'every endpoint has a key',
    bad: ({ profile, endpoint }) => `endpoint ${endpoint} of ${profile} has no usable key`,
  },
  'endpoint.twin': {
    good: 'no two endpoints are the same',
    bad: ({ profile, endpoint, other, twin }) =>
      `${endpoint} of ${profile} and ${twin} of ${other} have the same address and key: they fail together`,
  },
  'endpoint.models': {
    good: 'endpoints of vendors have a table of models',
    bad: ({ profile, endpoint, vendor }) =>
      `endpoint ${endpoint} of ${profile} belongs to ${vendor}, which calls the models by other names, and has no table of them`,
  },
  'endpoint.rules': {
    good: 'every rule of a table of models is reached',
    bad: ({ profile, endpoint, rule }) =>
      `endpoint ${endpoint} of ${profile} never uses its rule ${rule}: a rule before it fits all that it fits`,
  },
  'endpoint.refusals': {
    good: 'what endpoints refuse is understood',
    bad: ({ profile, endpoint, status, type, code, text, count }) =>
      `endpoint ${endpoint} of ${profile} refuses in words that qcc does not know (${count} times): ${status} ${type} ${code}: ${text}`,
  },
  'endpoint.connects': {
    good: 'every endpoint answers',
    bad: ({ profile, endpoint, why }) =>
      `endpoint ${endpoint} of ${profile} cannot be reached, or refuses: ${sayWhy(why as ReasonOrWord)}`,
  },
  'policy.backoff': { good: 'the back-off times of failed endpoints make sense', bad: exceeds },
  'policy.probes': { good: 'a probe ends before the next one begins', bad: exceeds },
  'policy.timeouts': { good: 'the time limits of requests fit together', bad: exceeds },
  'policy.queue': { good: 'the delays of the queue make sense', bad: exceeds },
  'policy.recovery': {
    good: 'the settings for failover and recovery fit together',
    bad: () => 'failover.auto_recovery is on but failover.auto is off: there will never be a failover to recover from',
  },
  'policy.failovers': {
    good: 'failovers are allowed',
    bad: () => 'failover.auto is on but failover.max_per_hour is 0: no failover will ever happen',
  },
  'proxy.tls': { good: 'the certificate is usable, or none is set', bad: ({ why }) => String(why) },
  'client.gateway': {
    good: 'the gateway of another machine answers and knows the token, or none is used',
    bad: ({ why }) => String(why),
  },
  'proxy.expiry': {
    good: 'the certificate holds for a month or more, or none is set',
    bad: ({ path, days }) =>
      `the certificate ${path} ends in ${counted(Number(days), 'day')}: after that the gateway does not start`,
  },
  'proxy.plaintext': {
    good: 'what other machines send is encrypted',
    bad: ({ host }) => `other machines reach ${host} without encryption: tokens and prompts can be read on the way`,
  },
  'proxy.open': {
    good: 'other people cannot use the address that the gateway listens on',
    bad: ({ host }) => `${host} can be reached from other machines, and proxy.require_token is off`,
  },
  settings: { good: 'the settings are valid', bad: ({ why }) => String(why) },
  node: { good: 'Node is new enough', bad: ({ version }) => `Node ${version} is older than 20.19` },
  home: { good: 'the home exists', bad: ({ home }) => `there is no home yet: ${home}` },
  'home.file': {
    good: 'every file in the home is intact',
    bad: ({ name, wrong }) => `${name} ${wrongs[String(wrong)] ?? wrong}`,
  },
  'home.vault': { good: 'the vault opens', bad: ({ why }) => String(why) },
  'home.modes': {
    good: 'only you can read the home',
    bad: ({ count, first }) =>
      `${counted(Number(count), 'file')} in the home let other users in (the mode is not 0600 or 0700): ${first}`,
  },
  'home.socket': { good: 'the path of the control socket is short enough', bad: ({ why }) => String(why) },
  'disk.space': {
    good: 'the disk has enough room',
    bad: ({ free, home }) => `only ${free} MB are free on the disk that holds ${home}`,
  },
  'disk.writable': { good: 'the home is writable', bad: ({ home }) => `${home} is not writable` },
  log: { good: 'the log is open', bad: ({ why }) => `the log: ${why}` },
  'log.damage': {
    good: 'no fact is lost',
    bad: ({ facts }) => `${counted(Number(facts), 'fact')} can no longer be read`,
  },
  'log.tables': {
    good: 'the files of the log are intact',
    bad: ({ count, first }) => `damaged files of the log: ${count}, the first is ${first}`,
  },
  'queue.bodies': {
    good: 'everything that the queue keeps can be read',
    bad: ({ count }) => `requests or answers in the queue that can no longer be read: ${count}`,
  },
  clock: {
    good: 'the clock has not gone backwards',
    bad: ({ minutes }) => `the clock is ${minutes} minutes behind the log`,
  },
  'gateway.version': {
    good: 'the gateway and this command have the same version',
    bad: ({ theirs, ours }) => `the running gateway is qcc ${theirs}, and this command is ${ours}`,
  },
  'gateway.port': { good: 'the port is free, or the gateway uses it', bad: ({ why }) => String(why) },
  'gateway.leftover': {
    good: 'no gateway that was killed has left its socket behind',
    bad: ({ socket }) => `a gateway that was killed has left ${socket} behind; the next start removes it`,
  },
  'service.node': {
    good: 'the service can start, or none is installed',
    bad: ({ file, node }) => `${file} starts ${node}, which no longer exists`,
  },
  'claude.settings': { good: "Claude Code's settings can be read", bad: ({ why }) => String(why) },
  'claude.gateway': {
    good: 'Claude Code does not point at a gateway that is not running',
    bad: ({ file, url }) => `${file} sends Claude Code to ${url}, where no gateway is running`,
  },
  'claude.shadowed': {
    good: 'nothing overrides what your shell exports',
    bad: ({ file, url }) => `${file} sets ANTHROPIC_BASE_URL to ${url}, which overrides what your shell exports`,
  },
  'claude.credentials': {
    good: 'Claude Code has one credential',
    bad: ({ where }) => `${where} sets both ANTHROPIC_API_KEY and ANTHROPIC_AUTH_TOKEN: both are sent`,
  },
  'claude.address': {
    good: "Claude Code's address has no /v1",
    bad: ({ url }) => `ANTHROPIC_BASE_URL ends in /v1 (${url}): Claude Code adds it itself`,
  },
  'claude.cloud': {
    good: 'Claude Code does not bypass the gateway to use a cloud',
    bad: ({ name }) => `${name} is set: Claude Code bypasses the gateway`,
  },
  'claude.overridden': {
    good: 'no project or organization sets another address',
    bad: ({ file, url }) => `${file} sets ANTHROPIC_BASE_URL to ${url}, which overrides your own settings`,
  },
  'claude.takeover': {
    good: 'no other program has redirected Claude Code',
    bad: ({ file, by }) => `${by} has taken over Claude Code in ${file}`,
  },
  'env.proxy': {
    good: 'this machine reaches itself without an HTTP proxy',
    bad: ({ name }) =>
      `${name} is set, and NO_PROXY does not include 127.0.0.1: Claude Code would try to reach the gateway through the proxy`,
  },
  files: {
    good: 'the system allows enough open files',
    bad: ({ limit, connections, wanted }) =>
      `a limit of ${limit} open files allows ${connections} connections at once, but proxy.max_concurrent is ${wanted}`,
  },
  'env.outbound': {
    good: 'the HTTP proxy for endpoints is usable, or none is set',
    bad: ({ name }) => `${name} is not an http:// or https:// proxy: no endpoint can be reached through it`,
  },
  'env.certificates': {
    good: 'certificates are checked',
    bad: ({ name }) => `${name} is 0: qcc checks certificates anyway, other programs do not`,
  },
  fleet: {
    good: 'this gateway and its fleet hear each other',
    bad: (about) => fleetFaults[String(about['fault'])]?.(about) ?? String(about['fault']),
  },
};

const fleetWhy: Readonly<Record<string, string>> = fleetWords.faults;
const fleetFaults: Readonly<Record<string, (about: About) => string>> = {
  noSecret: () => 'fleet.url is set, and fleet.secret is not: this gateway neither tells nor hears anything',
  nameTaken: () => 'another gateway of the fleet has the name of this one: it waits until that one is silent',
  lost: ({ url, why }) =>
    `requests are served as before, and nothing comes through the fleet’s server ${url}: ${fleetWhy[String(why)] ?? why}`,
  stranger: () =>
    'messages come that are refused: a gateway of this fleet has another fleet.secret, or a stranger speaks',
  newer: () => 'a gateway of this fleet speaks as a newer qcc does: it is not understood here',
  plain: ({ url }) => `${url} is not encrypted: the password and what gateways say can be read on the way`,
  oldServer: ({ version }) =>
    `nats-server ${version} may lose a stream when it crashes (until 2.10.23); gateways then publish it again from their logs`,
};

function exceeds({ small, large, smallValue, largeValue }: About): string {
  return `${small} (${smallValue}) is more than ${large} (${largeValue})`;
}
