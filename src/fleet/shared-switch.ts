/**
 * The switch by hand, shared: what a person switches to at one gateway all others switch to that have a profile of this name. It is done here
 * first and told afterwards, so that no command waits; the rule is in `machines/fleet-switch.ts`.
 */
import { randomUUID } from 'node:crypto';
import type { Recorded } from '../../events/fact.ts';
import { streams } from '../../events/ids.ts';
import { reason } from '../../events/reason.ts';
import { type ByHand, nextOfSwitch, type SwitchToken } from '../../machines/fleet-switch.ts';
import { gatewayStatus } from '../../machines/gateway.ts';
import { priorityStatus } from '../../machines/priority.ts';
import type { Core } from '../runtime/core.ts';
import type { Engine, Registered } from './engine.ts';
import { aboutProfile, type FleetKeys, type Identity } from './identity.ts';
import { type FleetMessage, opened, sealed } from './message.ts';

const register = 'kept.switch';

type Heard = Extract<FleetMessage, { kind: 'switch' }>;

export class SharedSwitch {
  readonly #core: Core;
  #byHand: ByHand | null;
  /** What stands in the engine may be another one than was last seen. */
  isDue = true;

  constructor(core: Core) {
    this.#core = core;
    const { pinned } = priorityStatus(core.state.priority);
    const [last] = core.state.switches.latest(1);
    // A former life did it, and may not have told it.
    const isUntold = pinned !== null && last?.kind === 'manual' && last.at > this.#known.at;
    this.#byHand = isUntold ? { to: pinned, at: last.at } : null;
  }

  /** @returns whether there is something to tell */
  heard(facts: readonly Recorded[]): boolean {
    for (const { stream, type, data, by, at } of facts) {
      if (stream !== streams.priority || by !== 'cli') continue;
      if (type === 'SwitchedByHand') this.#byHand = { to: (data as { to: string }).to, at };
      if (type === 'PinReleased') this.#byHand = { to: null, at };
    }
    return this.#byHand !== null;
  }

  async tend(engine: Engine, keys: FleetKeys, who: Identity): Promise<void> {
    if (!this.isDue && this.#byHand === null) return;
    this.isDue = false;
    const found = await engine.read(register);
    const said = found && heardIn(keys, found);
    const there = said ? { era: engine.era, token: found.revision, isOurs: said.member === who.member } : null;
    const { token } = this.#known;
    const next = nextOfSwitch(token, there, this.#byHand, this.#core.now());
    if (next === 'tell') await this.#tell(engine, keys, who, found?.revision ?? 0);
    if (there && next === 'note') this.#told(there);
    if (there && said && (next === 'follow' || next === 'overrule')) this.#follow(said, there, keys);
    if (next === null) this.#byHand = null;
  }

  get #known(): { readonly token: SwitchToken | null; readonly at: number } {
    const { switched } = gatewayStatus(this.#core.state.gateway);
    return { token: switched, at: switched?.at ?? 0 };
  }

  /** Another gateway may have been quicker: then its switch is read next, and followed. */
  async #tell(engine: Engine, keys: FleetKeys, who: Identity, after: number): Promise<void> {
    const mine = this.#byHand;
    if (mine === null) return;
    const about = mine.to === null ? null : aboutProfile(keys, mine.to);
    const head = { seq: this.#core.state.seq, id: randomUUID(), at: this.#core.now() };
    const token = await engine.swap(register, after, sealed(keys, who, { kind: 'switch', ...head, about }));
    this.isDue = token === null;
    // A person may have done another thing meanwhile.
    if (token !== null && this.#byHand === mine) this.#told({ era: engine.era, token });
  }

  #told({ era, token }: SwitchToken): void {
    this.#byHand = null;
    this.#report({ type: 'SwitchShared', data: { era, token } });
  }

  #follow({ member, name, about }: Heard, { era, token }: SwitchToken, keys: FleetKeys): void {
    const core = this.#core;
    const profile = core.state.profiles
      .all()
      .find((one) => one.endpoints.length > 0 && about === aboutProfile(keys, one.name));
    const to = profile?.name ?? null;
    const isKnown = about === null || profile !== undefined;
    const wanted = this.#byHand;
    this.#byHand = null;
    if (wanted && isKnown && wanted.to !== to)
      this.#report({ type: 'Overruled', data: { name, wanted: wanted.to, to } });
    if (to !== null)
      core.tellPriority({ type: 'SwitchByHand', to, reason: reason('byGateway', { name }) }, { by: 'fleet' });
    else if (isKnown) core.tellPriority({ type: 'ReleasePin' }, { by: 'fleet' });
    this.#report({ type: 'SwitchHeard', data: { era, token, member, name, to, isKnown } });
  }

  #report(fact: Parameters<Core['report']>[1][number]): void {
    this.#core.report(streams.gateway, [fact], { by: 'fleet' });
  }
}

/** What no member has written is as nothing. */
function heardIn(keys: FleetKeys, { bytes }: Registered): Heard | null {
  const one = opened(keys, null, bytes);
  return typeof one !== 'string' && one.kind === 'switch' ? one : null;
}
