/** What each check has found: when all is well, and when it is not. */
import type { ReasonOrWord } from '../../../events/reason.ts';
import type { Check, CheckId } from '../../contract/checks.ts';
import { sayWhy } from './reasons.ts';

export type About = Check['about'];

export interface CheckWords {
  readonly good: string;
  readonly bad: (about: About) => string;
}

const wrongs: Readonly<Record<string, string>> = {
  kind: 'is of another kind: a folder where a file belongs, or the other way round',
  damaged: 'is damaged',
  forbidden: 'may not be read by you',
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
    bad: ({ profile }) => `profile ${profile} has no tier: requests reach it only by /p/${profile}`,
  },
  'endpoint.address': {
    good: 'the addresses of the endpoints are good',
    bad: ({ profile, endpoint, why }) => `endpoint ${endpoint} of ${profile}: ${why}`,
  },
  'endpoint.loop': {
    good: 'no endpoint is this gateway itself',
    bad: ({ profile, endpoint, baseUrl }) =>
      `endpoint ${endpoint} of ${profile} is this gateway itself (${baseUrl}): requests would go round in a loop`,
  },
  'endpoint.key': {
    good: 'every endpoint has a key',
    bad: ({ profile, endpoint }) => `endpoint ${endpoint} of ${profile} has no usable key`,
  },
  'endpoint.twin': {
    good: 'no endpoint is there twice',
    bad: ({ profile, endpoint, other, twin }) =>
      `the same address and key twice: ${endpoint} of ${profile} and ${twin} of ${other} fail together`,
  },
  'endpoint.connects': {
    good: 'every endpoint answers',
    bad: ({ profile, endpoint, why }) =>
      `endpoint ${endpoint} of ${profile} cannot be reached or refuses: ${sayWhy(why as ReasonOrWord)}`,
  },
  'policy.backoff': { good: 'the back-off of failed endpoints makes sense', bad: exceeds },
  'policy.probes': { good: 'a probe ends before the next one begins', bad: exceeds },
  'policy.timeouts': { good: 'the time limits of requests fit together', bad: exceeds },
  'policy.queue': { good: 'the delays of the queue make sense', bad: exceeds },
  'policy.recovery': {
    good: 'switching down and back fit together',
    bad: () => 'failover.auto_recovery is on and failover.auto is off: there will be nothing to come back from',
  },
  'policy.failovers': {
    good: 'failovers are allowed',
    bad: () => 'failover.auto is on and failover.max_per_hour is 0: no failover will ever happen',
  },
  'proxy.tls': { good: 'the certificate can be used, or none is set', bad: ({ why }) => String(why) },
  'proxy.open': {
    good: 'no stranger can use the address it listens on',
    bad: ({ host }) => `${host} can be reached from other machines, and proxy.require_token is off`,
  },
  settings: { good: 'the settings are good', bad: ({ why }) => String(why) },
  node: { good: 'Node is new enough', bad: ({ version }) => `Node ${version} is older than 20.19` },
  home: { good: 'the home is there', bad: ({ home }) => `there is no home yet: ${home}` },
  'home.file': {
    good: 'every file of the home is sound',
    bad: ({ name, wrong }) => `${name} ${wrongs[String(wrong)] ?? wrong}`,
  },
  'home.vault': { good: 'the vault opens', bad: ({ why }) => String(why) },
  'home.modes': {
    good: 'only you can read the home',
    bad: ({ count, first }) => `the permissions of ${count} files let others in (mode is not 0600 or 0700): ${first}`,
  },
  'home.socket': { good: 'the path of the control socket is short enough', bad: ({ why }) => String(why) },
  'disk.space': { good: 'the disk has room', bad: ({ free, home }) => `only ${free} MB are free where ${home} is` },
  'disk.writable': { good: 'the home can be written', bad: ({ home }) => `${home} cannot be written` },
  log: { good: 'the log is open', bad: ({ why }) => `the log: ${why}` },
  'log.damage': { good: 'no fact is lost', bad: ({ facts }) => `${facts} facts cannot be read any more` },
  'log.tables': {
    good: 'the files of the log are what was written',
    bad: ({ count, first }) => `${count} files of the log are damaged: ${first}`,
  },
  'queue.bodies': {
    good: 'all that the queue keeps can be read',
    bad: ({ count }) => `${count} requests or answers that the queue kept cannot be read any more`,
  },
  clock: {
    good: 'the clock has not gone back',
    bad: ({ minutes }) => `the clock is ${minutes} minutes behind the log`,
  },
  'gateway.version': {
    good: 'the gateway and this command are of one version',
    bad: ({ theirs, ours }) => `the gateway that runs is qcc ${theirs}, and this is ${ours}`,
  },
  'gateway.port': { good: 'the port is free, or the gateway has it', bad: ({ why }) => String(why) },
  'gateway.leftover': {
    good: 'no socket of a dead gateway is left',
    bad: ({ socket }) => `a gateway that was killed has left ${socket}; the next start removes it`,
  },
  'service.node': {
    good: 'the service can start, or none is installed',
    bad: ({ file, node }) => `${file} starts ${node}, which is gone`,
  },
  'claude.settings': { good: "Claude Code's settings can be read", bad: ({ why }) => String(why) },
  'claude.gateway': {
    good: 'Claude Code is not sent to a gateway that does not run',
    bad: ({ file, url }) => `${file} sends Claude Code to ${url}, and no gateway runs there`,
  },
  'claude.shadowed': {
    good: 'nothing hides what the shell exports',
    bad: ({ file, url }) => `${file} sets ANTHROPIC_BASE_URL to ${url}, which beats what your shell exports`,
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
    good: 'Claude Code does not go round the gateway to a cloud',
    bad: ({ name }) => `${name} is set: Claude Code goes past the gateway`,
  },
  'claude.overridden': {
    good: 'no project or organization sets another address',
    bad: ({ file, url }) => `${file} sets ANTHROPIC_BASE_URL to ${url}, which beats your own settings`,
  },
  'claude.takeover': {
    good: 'no other program has redirected Claude Code',
    bad: ({ file, by }) => `${by} has taken Claude Code over in ${file}`,
  },
  'env.proxy': {
    good: 'this machine is reached without an HTTP proxy',
    bad: ({ name }) => `${name} is set, and NO_PROXY does not name 127.0.0.1: Claude Code would ask the proxy for it`,
  },
  files: {
    good: 'the system allows enough open files',
    bad: ({ limit, connections, wanted }) =>
      `${limit} open files allow ${connections} connections at once, and proxy.max_concurrent is ${wanted}`,
  },
  'env.outbound': {
    good: 'the HTTP proxy on the way to endpoints can be used, or none is set',
    bad: ({ name }) => `${name} names no http:// or https:// proxy: nothing behind it can be reached`,
  },
  'env.certificates': {
    good: 'certificates are checked',
    bad: ({ name }) => `${name} is 0: qcc checks certificates all the same, other programs do not`,
  },
};

function exceeds({ small, large, smallValue, largeValue }: About): string {
  return `${small} (${smallValue}) is more than ${large} (${largeValue})`;
}
