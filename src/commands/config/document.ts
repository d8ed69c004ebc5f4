/** The configuration as a document: how it is exported, and how a document differs from the present configuration. */
import { type EndpointId, parseProfileName } from '../../../events/ids.ts';
import { ownAdaptation } from '../../../events/profile.ts';
import { checkedDocument, type ExportedProfile } from '../../config/importers/document.ts';
import { badName } from '../../installation/installation.ts';
import type { Configuration, ConfiguredEndpoint } from '../../projections/configuration.ts';

export function exportedProfiles({ profiles, default: first }: Configuration): ExportedProfile[] {
  return profiles.map(({ endpoints, ...profile }) => ({
    ...profile,
    default: profile.name === first,
    endpoints: endpoints.map(exportedEndpoint),
  }));
}

function exportedEndpoint(endpoint: ConfiguredEndpoint): ExportedProfile['endpoints'][number] {
  const { id, name, baseUrl, auth, weight, priority, enabled } = endpoint;
  const { maxFailures, maxConcurrent, timeoutMs, allowPlaintext, source } = endpoint;
  return {
    id,
    name,
    baseUrl,
    auth,
    weight,
    priority,
    enabled,
    maxFailures,
    maxConcurrent,
    timeoutMs,
    allowPlaintext,
    source,
    ...ownAdaptation(endpoint),
  };
}

/** The document's keys are not compared: those of endpoints that exist here count as equal. @throws {QccError} `QCC_IMPORT_INVALID` */
export function documentConfiguration(json: object, present: Configuration): Configuration {
  const { settings, profiles } = checkedDocument(json);
  const here = new Map(present.profiles.flatMap(({ endpoints }) => endpoints.map((one) => [one.id, one] as const)));
  return {
    settings,
    default: named(profiles.find((profile) => profile.default)?.name),
    profiles: profiles.map(({ default: _, name, endpoints, ...profile }) => ({
      ...profile,
      name: named(name) ?? ('' as never),
      endpoints: endpoints.map((endpoint) => {
        const id = endpoint.id as EndpointId;
        const { secret = '', maskedKey = '…' } = here.get(id) ?? {};
        return { ...endpoint, id, secret, maskedKey };
      }),
    })),
  };
}

function named(name: string | undefined) {
  if (name === undefined) return null;
  const parsed = parseProfileName(name);
  if (parsed === undefined) throw badName(name);
  return parsed;
}
