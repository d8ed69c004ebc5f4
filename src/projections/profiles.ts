/** The existing profiles and endpoints, according to their facts. */
import type { Millis, Recorded } from '../../events/fact.ts';
import type { EndpointId, ProfileName } from '../../events/ids.ts';
import type { EndpointSettings, ProfileFact, Tier } from '../../events/profile.ts';

export interface KnownEndpoint extends EndpointSettings {
  readonly id: EndpointId;
  readonly profile: ProfileName;
  readonly addedAt: Millis;
  /** The weight after adjustments; the user's own weight until there is one. */
  readonly effectiveWeight: number;
}

export interface KnownProfile {
  readonly name: ProfileName;
  readonly description: string;
  readonly tier: Tier | null;
  /** Order in its tier: the `seq` of the fact that put it there. */
  readonly position: number;
  readonly createdAt: Millis;
  readonly endpoints: readonly KnownEndpoint[];
}

/** A former name of an endpoint, up to a fact: the history shows the name of that time. */
export interface FormerName {
  readonly endpoint: string;
  readonly profile: string;
  readonly name: string;
  /** The number of the fact that renamed or removed it. */
  readonly until: number;
}

// More are hardly useful, and every snapshot holds them all.
const formerMax = 1_000;

type EndpointChange = Extract<ProfileFact, { type: 'EndpointChanged' }>['data'];

const tiers: readonly Tier[] = ['primary', 'secondary', 'fallback'];

export class Profiles {
  readonly #byName = new Map<string, KnownProfile>();
  #default: ProfileName | null = null;
  #former: readonly FormerName[] = [];

  /** Oldest first. */
  get former(): readonly FormerName[] {
    return this.#former;
  }

  get default(): ProfileName | null {
    return this.#default;
  }

  all(): readonly KnownProfile[] {
    return [...this.#byName.values()];
  }

  get(name: string): KnownProfile | undefined {
    return this.#byName.get(name);
  }

  endpoints(): readonly KnownEndpoint[] {
    return this.all().flatMap((profile) => profile.endpoints);
  }

  endpoint(id: string): KnownEndpoint | undefined {
    for (const profile of this.#byName.values()) {
      const found = profile.endpoints.find((endpoint) => endpoint.id === id);
      if (found) return found;
    }
    return undefined;
  }

  /** All profiles in tier order, and within a tier in the order in which they were added; without any tier, the default one alone. */
  ladder(): readonly KnownProfile[] {
    const placed = tiers.flatMap((tier) => this.tier(tier));
    if (placed.length > 0) return placed;
    const only = this.#default === null ? undefined : this.#byName.get(this.#default);
    return only ? [only] : [];
  }

  tier(tier: Tier): readonly KnownProfile[] {
    return this.all()
      .filter((profile) => profile.tier === tier)
      .sort((a, b) => a.position - b.position);
  }

  apply(fact: Recorded): void {
    const { type, data } = fact as Recorded<ProfileFact>;
    const name = fact.stream.slice('profile/'.length) as ProfileName;
    const profile = this.#byName.get(name);
    switch (type) {
      case 'ProfileAdded':
        this.#byName.set(name, {
          name,
          description: data.description,
          tier: null,
          position: fact.seq,
          createdAt: fact.at,
          endpoints: [],
        });
        this.#default ??= name;
        return;
      case 'ProfileDescribed':
        if (profile) this.#byName.set(name, { ...profile, description: data.description });
        return;
      case 'ProfileRemoved':
        this.#forget(profile?.endpoints ?? [], fact.seq);
        this.#byName.delete(name);
        if (this.#default === name) this.#default = this.all()[0]?.name ?? null;
        return;
      case 'ProfileMadeDefault':
        this.#default = name;
        return;
      case 'TierAssigned':
        if (profile) this.#byName.set(name, { ...profile, tier: data.tier, position: fact.seq });
        return;
      case 'EndpointAdded':
        if (profile) this.#put(profile, [...profile.endpoints, this.#known(profile, data, fact.at)]);
        return;
      case 'EndpointChanged':
        if (profile) this.#update(profile, data, fact.seq);
        return;
      case 'EndpointRemoved':
        if (profile) this.#remove(profile, data.endpoint, fact.seq);
        return;
    }
  }

  #update(profile: KnownProfile, { endpoint, changes }: EndpointChange, seq: number): void {
    if (changes.name !== undefined) this.#forget(withId(profile, endpoint), seq);
    this.#change(profile, endpoint, changes);
  }

  #remove(profile: KnownProfile, id: string, seq: number): void {
    this.#forget(withId(profile, id), seq);
    const left = profile.endpoints.filter((endpoint) => endpoint.id !== id);
    this.#put(profile, left);
  }

  adjustWeight(id: string, effectiveWeight: number): void {
    const profile = this.all().find(({ endpoints }) => endpoints.some((e) => e.id === id));
    if (profile) this.#change(profile, id, { effectiveWeight });
  }

  #forget(endpoints: readonly KnownEndpoint[], until: number): void {
    const left = endpoints.map(({ id, profile, name }) => ({ endpoint: id, profile, name, until }));
    if (left.length > 0) this.#former = [...this.#former, ...left].slice(-formerMax);
  }

  #known(profile: KnownProfile, settings: EndpointSettings, addedAt: Millis): KnownEndpoint {
    const id = settings.endpoint as EndpointId;
    return { ...settings, id, profile: profile.name, addedAt, effectiveWeight: settings.weight };
  }

  #change(profile: KnownProfile, id: string, changes: Partial<KnownEndpoint>): void {
    // A new weight of the user's is a new anchor: adjustments around the old one no longer hold.
    const anchored = changes.weight === undefined ? changes : { ...changes, effectiveWeight: changes.weight };
    this.#put(
      profile,
      profile.endpoints.map((endpoint) => (endpoint.id === id ? { ...endpoint, ...anchored } : endpoint)),
    );
  }

  #put(profile: KnownProfile, endpoints: readonly KnownEndpoint[]): void {
    this.#byName.set(profile.name, { ...profile, endpoints });
  }

  toJSON(): object {
    return { default: this.#default, profiles: this.all(), former: this.#former };
  }

  static from(json: unknown): Profiles {
    // Older snapshots do not have former names.
    const {
      default: first,
      profiles,
      former = [],
    } = json as { default: ProfileName | null; profiles: KnownProfile[]; former?: readonly FormerName[] };
    const made = new Profiles();
    made.#default = first;
    made.#former = former;
    for (const profile of profiles) made.#byName.set(profile.name, profile);
    return made;
  }
}

function withId({ endpoints }: KnownProfile, id: string): readonly KnownEndpoint[] {
  return endpoints.filter((endpoint) => endpoint.id === id);
}
