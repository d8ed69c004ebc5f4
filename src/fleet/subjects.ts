/** Which endpoint is which in messages: by keyed hashes of its credential and of its vendor. Computed again when one of them changes. */
import type { Recorded } from '../../events/fact.ts';
import { type EndpointId, kindOf } from '../../events/ids.ts';
import type { Core } from '../runtime/core.ts';
import { aboutCredential, aboutVendor, type FleetKeys } from './identity.ts';

export class Subjects {
  readonly #core: Pick<Core, 'state' | 'view'>;
  readonly #secretOf: (id: EndpointId) => string | undefined;
  readonly #keys: FleetKeys;
  #credentials: ReadonlyMap<EndpointId, string> | undefined;
  #vendors: ReadonlyMap<EndpointId, string> = new Map();
  #endpoints: ReadonlyMap<string, readonly EndpointId[]> = new Map();

  constructor(core: Pick<Core, 'state' | 'view'>, secretOf: (id: EndpointId) => string | undefined, keys: FleetKeys) {
    this.#core = core;
    this.#secretOf = secretOf;
    this.#keys = keys;
  }

  heard(facts: readonly Recorded[]): void {
    if (facts.some(({ stream, type }) => kindOf(stream) === 'profile' || type === 'KeyChanged'))
      this.#credentials = undefined;
  }

  /** Undefined for an endpoint without a key, and for one that was removed. */
  credential(id: EndpointId): string | undefined {
    return this.#all().get(id);
  }

  /** Each once. */
  credentials(): readonly string[] {
    return [...new Set(this.#all().values())];
  }

  vendor(id: EndpointId): string | undefined {
    this.#all();
    return this.#vendors.get(id);
  }

  /** Those of this gateway that a message is about; usually none, or one. */
  endpoints(about: string): readonly EndpointId[] {
    this.#all();
    return this.#endpoints.get(about) ?? [];
  }

  #all(): ReadonlyMap<EndpointId, string> {
    if (this.#credentials) return this.#credentials;
    const credentials = new Map<EndpointId, string>();
    const vendors = new Map<EndpointId, string>();
    const endpoints = new Map<string, EndpointId[]>();
    const add = (about: string, id: EndpointId) => endpoints.set(about, [...(endpoints.get(about) ?? []), id]);
    for (const { id, origin } of this.#core.view().endpoints.values()) {
      const vendor = aboutVendor(this.#keys, origin);
      vendors.set(id, vendor);
      add(vendor, id);
      const key = this.#secretOf(id);
      if (key === undefined) continue;
      const credential = aboutCredential(this.#keys, origin, key);
      credentials.set(id, credential);
      add(credential, id);
    }
    this.#vendors = vendors;
    this.#endpoints = endpoints;
    this.#credentials = credentials;
    return credentials;
  }
}
