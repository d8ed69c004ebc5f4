/** What facts say, why an endpoint is chosen, and what comes next, in English. */

import { clockOf, shortSpan } from '../../platform/time.ts';
import { adaptations } from './adaptations.ts';
import { held } from './ladder.ts';
import { failures, sayWhy } from './reasons.ts';
import { failed, percent, plural, span, type ToldWords, value } from './story-words.ts';
import { tokenFacts } from './token-facts.ts';

const abandonedEn = {
  gatewayDied: 'the gateway died',
  gatewayStopped: 'the gateway stopped',
  clientLeft: 'its client left',
  workerLost: 'the worker was lost',
  fault: 'a fault of the gateway itself',
};
const diedEn = {
  retriesUsedUp: 'its retries are used up',
  refused: 'the request itself is refused',
  expired: 'its time is up',
  bodyLost: 'its stored content cannot be read',
};
const forgottenEn = {
  expired: 'its time is up',
  cleared: 'cleared',
  room: 'to make room for others',
  answerLost: 'its stored answer cannot be read',
};

export const timers = {
  out: 'its wait is over',
  pause: 'its pause is over',
  quiet: 'nothing has failed for a while',
  ramp: 'the next step of its slow start',
  recovery: 'the next check on the way back up',
  heldBack: 'the switch that was put off is considered again',
  expiry: 'its time is up',
  retry: 'its next retry is due',
};

/** What the page needs of them for its first view, too. */
export const told: ToldWords = {
  failures,
  reason: sayWhy,
  moves: {
    goesAt: (state, span, why) => `→ ${state} ${span === null ? 'when the gateway looks next' : `in ${span}`}: ${why}`,
    goes: (state, why) => `→ ${state}: ${why}`,
  },
  withDetail: (failure, detail) => (detail.includes('(') ? `${failure}: ${detail}` : `${failure} (${detail})`),
  rules: {
    sticky: 'its session is kept there',
    trial: 'recovering: one trial request at a time',
    ramp: 'recovering: a growing share of the traffic',
    weighted: 'drawn by weight',
    'round-robin': 'its turn',
    'least-connections': 'the fewest requests',
    failover: 'first in order',
    degraded: 'degraded: no new sessions while another is healthy',
    reserve: 'recovering: only when no other is left',
    sibling: 'last: its provider is overloaded',
    avoided: 'last: it broke off an answer to this session',
    lastResort: 'the least bad one: none is usable',
    notNeeded: 'not needed',
    disabled: 'disabled by hand',
    held: 'quarantined: no traffic until its key or address changes, or a probe passes',
    out: 'ejected: no traffic until its wait is over',
    paused: 'paused: it asked for fewer requests',
    heard: 'another gateway of the fleet was refused with the same key',
    hinted: 'last for new sessions: another gateway of the fleet met trouble there',
    lacksModel: 'it says that it does not have the model',
    noThinkingHere: 'it wants thinking back that is not its own, as it has said in this session',
    modelExcluded: 'its table of models says that it does not have this one',
  },
  next: {
    firstStrike: () => 'after one failure, or when it is close to its limits',
    strikesLeft: ({ left }) => `after ${plural(Math.ceil(Number(left)), 'more strike')} in a row`,
    pauseOver: ({ failure }) => `its pause is over (${failures[String(failure)] ?? failure})`,
    limitsReset: () => 'its limits reset',
    quiet: () => 'if nothing fails until then',
    successesLeft: ({ left }) => `after ${left} answered ${left === 1 ? 'request' : 'requests in a row'}`,
    outOver: ({ failure, times }) =>
      `its wait is over (${failures[String(failure)] ?? failure}${times === 1 ? '' : `, ${times} times in a row`})`,
    success: () => 'as soon as a probe passes, or it answers a request',
    newKey: () => 'as soon as its key or address changes',
    ramp: ({ percent: share }) => `slow start, at ${share}% of its share now`,
    trialsLeft: ({ left }) => `after ${plural(Number(left), 'more answered trial request')}`,
    oneFailure: () => 'after one failure',
    byHand: ({ profile, endpoint }) => `when it is enabled again: qcc endpoint enable ${profile} ${endpoint}`,
    recovery: ({ profile, checks, needed }) =>
      `${profile} is usable again: ${checks} of ${needed} checks passed, then its delay`,
    heldBack: ({ profile, because }) => `the switch to ${profile} was put off: ${held(String(because))}`,
    anyBack: () => 'as soon as an endpoint of any profile is usable',
    reportsLeft: ({ profile, left }) =>
      `after ${plural(Number(left), 'more request')} that ${left === 1 ? 'finds' : 'find'} no usable endpoint in ${profile}`,
    retriesLeft: ({ tries, most }) => `${tries} of ${most} retries made; sooner if an endpoint comes back`,
    answerAwaited: () => 'when its answer is here',
    maybeBilled: () => 'when its client sends it again, or with qcc queue retry; it may already have been billed once',
    retriesUsedUp: () => 'with qcc queue retry',
    expiry: () => 'its time is up',
  },
  sentences: {
    RequestQueued: ({ priority, because }) => `kept in the queue, priority ${priority}: ${sayWhy(because)}`,
    RetryStarted: ({ attempt, endpoint }, { name }) => `attempt ${attempt}, at ${name(endpoint)}`,
    RetryAnswered: ({ status }) => `answers with ${status}`,
    RetrySucceeded: ({ bytes }) => `answered, ${bytes} bytes kept`,
    RetryFailed: ({ failure, delayMs, retryable }) =>
      `${failure === null ? 'refused' : (failures[failure] ?? failure)}${retryable ? `; again in ${shortSpan(delayMs)} or when an endpoint comes back` : ''}`,
    RetryAbandoned: ({ because }) => `cut off (${abandonedEn[because]}): it may have been billed`,
    RetryAsked: ({ by }) => `another try, requested by ${by === 'user' ? 'you' : 'its client'}`,
    AnswerCollected: ({ by }) => `its answer goes to request ${by}`,
    QueuedRequestDied: ({ because }) => `given up: ${diedEn[because]}`,
    QueuedRequestCancelled: () => 'cleared',
    QueuedRequestForgotten: ({ because }) => `forgotten: ${forgottenEn[because]}`,
    SettingChanged: ({ key, from, to }) => `${key}: ${value(from, '-')} → ${value(to, 'default')}`,
    SnapshotTaken: ({ description }) => `snapshot taken${description === '' ? '' : `: ${description}`}`,
    ConfigRolledBack: ({ to, changes, partial }) =>
      `rolled back to ${to}: ${changes} change${changes === 1 ? '' : 's'}${partial ? ', in part' : ''}`,
    ConfigImported: ({ source, changes }) => `imported from ${source}: ${changes} change${changes === 1 ? '' : 's'}`,
    ProfileAdded: () => 'added',
    ProfileDescribed: ({ description }) => `description: ${description === '' ? '-' : description}`,
    ProfileRemoved: () => 'removed',
    ProfileMadeDefault: () => 'is now the default',
    TierAssigned: ({ tier }) => (tier === null ? 'left the ladder' : `is on the ladder: ${tier}`),
    TokenAdded: (data) => tokenFacts.added(data),
    TokenRotated: () => tokenFacts.rotated,
    TokenChanged: ({ changes }) => tokenFacts.changed(changes),
    TokenRevoked: () => tokenFacts.revoked,
    EndpointAdded: ({ name, baseUrl, weight, priority }) =>
      `endpoint ${name} added: ${baseUrl}, weight ${weight}, priority ${priority}`,
    EndpointChanged: ({ endpoint, changes }, { name }) =>
      `endpoint ${name(endpoint)} changed: ${Object.keys(changes).join(', ')}`,
    EndpointRemoved: ({ endpoint }, { name }) => `endpoint ${name(endpoint)} removed`,
    AttemptFailed: ({ failure, status, detail }) => `failed: ${failed(told, failure, status, detail)}`,
    AttemptSucceeded: ({ ttfbMs }) => `answered, first byte after ${ttfbMs} ms`,
    ProbeSucceeded: ({ responseMs, score }) => `probe passed in ${Math.round(responseMs)} ms, score ${score}`,
    ProbeFailed: ({ failure, detail }) => `probe failed: ${failed(told, failure, null, detail)}`,
    ProbeNoted: ({ depth, verdict, responseMs, isForLooks }) =>
      isForLooks
        ? `probe (${depth}): refused as a client that it does not serve, in ${Math.round(responseMs)} ms; it proves nothing`
        : `probe (${depth}): ${verdict} in ${Math.round(responseMs)} ms, nothing new`,
    ModelNotFound: ({ model, until }, { at }) => `says that it does not have ${model}; believed for ${span(until, at)}`,
    ModelFound: ({ model }) => `has ${model} after all`,
    CountRefused: ({ until }, { at }) => `does not count tokens; believed for ${span(until, at)}`,
    BodyRefused: ({ bytes, until }, { at }) => `${bytes} bytes are too large for it; believed for ${span(until, at)}`,
    NetworkChanged: () => 'this machine is in another network: it may be asked again',
    CapabilityMissing: (data, { at }) => adaptations.missing(data, span(data.until, at)),
    CapabilityForgotten: ({ what }) => adaptations.forgotten(what),
    LimitsSeen: ({ resetAt }, { at }) =>
      `close to its limits${resetAt === null ? '' : `; they reset in ${span(resetAt, at)}`}`,
    FailureHeard: ({ name, because, status, saidAt, until }, { at }) =>
      `gateway ${name} met it at ${clockOf(saidAt)}: ${failed(told, because, status, null)}; believed for ${span(until, at)}`,
    HearsayLifted: ({ name }) => `gateway ${name} got an answer: what the fleet said of it no longer counts`,
    HearsayExpired: () => 'what another gateway said of it is over',
    HearsayForgotten: ({ deafUntil }, { at }) =>
      `what other gateways said of it is forgotten; not listened to for ${span(deafUntil, at)}`,
    EndpointEnabled: () => 'enabled',
    EndpointDisabled: () => 'disabled',
    EndpointReset: () => 'reset by hand',
    KeyChanged: () => 'has a new key or address',
    EndpointDegraded: ({ because }) => `degraded: ${failures[because] ?? because}`,
    EndpointPaused: ({ because, until, belief }, { at }) =>
      `paused for ${span(until, at)}: ${failures[because] ?? because} (${belief})`,
    EndpointFailed: ({ because, until, belief, held }, { at }) =>
      `ejected for ${span(until, at)}${held ? ', or until its key or address changes' : ''}: ${failures[because] ?? because} (${belief})`,
    EndpointRecovering: ({ ramp }) =>
      ramp > 0 ? `recovering with ${percent(ramp)} of its share` : 'recovering, by trial requests',
    EndpointRecovered: () => 'healthy again',
    WeightAdjusted: ({ from, to }) => `weight ${from} → ${to}`,
    ActiveChosen: ({ profile }) => (profile === null ? 'no profile is active' : `${profile} is active`),
    FailedOver: ({ from, to, because }) => `failover ${from} → ${to}: ${sayWhy(because)}`,
    Recovered: ({ from, to, because }) => `recovery ${from} → ${to}: ${sayWhy(because)}`,
    SwitchedByHand: ({ from, to, reason }) =>
      `switched by hand ${from ?? '-'} → ${to}${reason === '' ? '' : `: ${sayWhy(reason)}`}`,
    PinReleased: ({ because }) => `the pin is released: ${sayWhy(because)}`,
    SwitchHeldBack: ({ wanted, because, until }, { at }) =>
      `the switch to ${wanted} is put off${until === null ? '' : ` for ${span(until, at)}`}: ${held(because)}`,
    ActiveDoubted: ({ profile, reports }) =>
      `${profile} had no usable endpoint${reports === 1 ? '' : `, ${reports} times in a row`}`,
    ActiveTrusted: ({ profile }) => `${profile} has a usable endpoint again`,
    RecoveryBegun: ({ profile }) => `${profile} is usable again, and is checked before the switch back`,
    RecoveryChecked: ({ profile, checks }) => `${profile} passed check ${checks}`,
    RecoveryStopped: ({ profile, because }) => `${profile} is no longer watched: ${sayWhy(because)}`,
    LadderDegraded: ({ because }) => `the ladder is degraded: ${sayWhy(because)}`,
    LadderHealthy: () => 'the ladder is healthy',
    AllOut: ({ because }) => `outage: ${sayWhy(because)}`,
    BackInService: ({ to }) => `back in service with ${to}`,
    TimerElapsed: ({ name }) => timers[name as keyof typeof timers] ?? name,
    RequestServed: ({ endpoint, status, attempts, durationMs }, { name }) =>
      `${status} from ${name(endpoint)} in ${durationMs} ms${attempts.length > 1 ? `, ${attempts.length} attempts` : ''}`,
    RequestFailed: ({ status, attempts, because }) =>
      `${status} after ${attempts.length} attempt${attempts.length === 1 ? '' : 's'}: ${failures[because] ?? because}`,
    RequestCancelled: ({ durationMs }) => `the client left after ${durationMs} ms`,
    AnswerBroken: ({ endpoint }, { name }) => `${name(endpoint)} broke off its answer; its client was disconnected`,
    GatewayStarted: ({ version, url, pid }) => `started: ${url}, version ${version}, pid ${pid}`,
    GatewayStopped: () => 'stopped',
    GatewayFoundDead: ({ certainUntil }) =>
      certainUntil === null
        ? 'the previous gateway was killed'
        : `the previous gateway was killed; requests that ended after ${clockOf(certainUntil)} may be missing here`,
    LogSalvaged: ({ kept }) => `the log was repaired; the original is ${kept}`,
    Offline: () => 'this machine is offline; no endpoint is blamed',
    Online: () => 'online again',
    FleetJoined: ({ name, member }) => `joined the fleet as ${name} (${member})`,
    FleetLeft: ({ member }) => `left the fleet (${member})`,
    FleetLost: () => 'nothing comes through the fleet’s server; requests are served as before',
    SwitchShared: ({ token }) => `the whole fleet was told of the switch by hand (#${token})`,
    SwitchHeard: ({ name, to, isKnown, token }) => {
      if (!isKnown) return `gateway ${name} switched by hand to a profile that is not here (#${token})`;
      return to === null
        ? `gateway ${name} released its pin (#${token})`
        : `gateway ${name} switched by hand to ${to} (#${token})`;
    },
    Overruled: ({ name, wanted, to }) =>
      `${wanted === null ? 'the release of the pin' : `the switch by hand to ${wanted}`} gives way to what was done at gateway ${name}: ${to ?? 'no pin'}`,
    FleetBack: ({ afterMs }) => `the fleet’s server is back after ${shortSpan(afterMs)}`,
    Slept: ({ forMs }) => `this machine slept for ${shortSpan(forMs)}`,
  },
};
