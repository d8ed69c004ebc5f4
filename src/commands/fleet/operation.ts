/** The fleet as this gateway sees it, and what a person may undo of it. */
import { type EndpointId, streams } from '../../../events/ids.ts';
import { endpointStatus } from '../../../machines/endpoint.ts';
import { gatewayStatus } from '../../../machines/gateway.ts';
import { hearsayMaxMs } from '../../../machines/hearsay.ts';
import { secretSetting } from '../../config/secrets/secret-setting.ts';
import { envNameOf } from '../../config/settings/settings.ts';
import type { fleetContract, HeardRow } from '../../contract/fleet.ts';
import type { Answer, Params } from '../../contract/operations.ts';
import { exitCodes, QccError } from '../../errors/qcc-error.ts';
import type { FleetSettings } from '../../fleet/fleet.ts';
import { fleetName } from '../../fleet/fleet-name.ts';
import { endpointNamed, type Installation } from '../../installation/installation.ts';
import type { LiveSide } from '../../installation/live-side.ts';
import { iso } from '../../platform/time.ts';
import type { Step } from '../../projections/configuration.ts';
import type { Handlers } from '../handler.ts';

/** Null while there is no server, or no secret: without one nothing could be authenticated. */
export function fleetSettings({ settings, vault }: Installation): FleetSettings | null {
  const {
    'fleet.url': url,
    'fleet.user': user,
    'fleet.tls_ca': tlsCa,
    'fleet.follow_switch': followsSwitch,
  } = settings();
  const secret = url === '' ? '' : secretSetting(vault, 'fleet.secret', process.env);
  if (secret === '') return null;
  const password = secretSetting(vault, 'fleet.password', process.env);
  const nkey = secretSetting(vault, 'fleet.nkey', process.env);
  return { url, name: fleetName(settings()['fleet.name']), secret, user, password, nkey, tlsCa, followsSwitch };
}

function status(installation: Installation, _: object, live: LiveSide | undefined): Answer<'fleet.status'> {
  const { settings, vault } = installation;
  const url = settings()['fleet.url'];
  return {
    url: url === '' ? null : url,
    name: fleetName(settings()['fleet.name']),
    hasSecret: secretSetting(vault, 'fleet.secret', process.env) !== '',
    live: live?.fleet() ?? null,
  };
}

function heardRows({ core }: Installation, of: readonly EndpointId[]): readonly HeardRow[] {
  const now = core.now();
  return of.flatMap((id) => {
    const known = core.state.profiles.endpoint(id);
    const { words } = endpointStatus(core.state.endpoint(id)).hearsay;
    return words.flatMap(({ member, name: by, isHint, because, heardAt, until }) => {
      if (until === null || until <= now || because === null) return [];
      const place = { endpoint: id, profile: known?.profile ?? '', name: known?.name ?? '' };
      const about = isHint ? ('vendor' as const) : ('credential' as const);
      return [{ ...place, about, because, by, member, heardAt: iso(heardAt), until: iso(until) }];
    });
  });
}

/** What only the running gateway has heard, and keeps nowhere. */
function pathRows({ core }: Installation, live: LiveSide | undefined, of: readonly EndpointId[]): readonly HeardRow[] {
  return (live?.fleet().paths ?? []).flatMap(({ endpoints, name: by, ...path }) =>
    of
      .filter((id) => endpoints.includes(id))
      .map((id) => {
        const known = core.state.profiles.endpoint(id);
        return {
          ...path,
          endpoint: id,
          profile: known?.profile ?? '',
          name: known?.name ?? '',
          about: 'path' as const,
          by,
        };
      }),
  );
}

const allOf = ({ core }: Installation) => core.state.profiles.endpoints().map(({ id }) => id);

const meant = (installation: Installation, endpoint: string | undefined) =>
  endpoint === undefined ? allOf(installation) : [endpointNamed(installation, endpoint).id];

async function forget(
  installation: Installation,
  { endpoint }: Params<'fleet.forget'>,
): Promise<Answer<'fleet.forget'>> {
  const of = meant(installation, endpoint);
  const forgotten = heardRows(installation, of);
  const steps = forgetting(installation, of, hearsayMaxMs);
  if (steps.length > 0) await installation.core.command({ do: 'change', steps });
  return { forgotten };
}

/** @param deafMs for so long nothing that the same gateways say is believed */
function forgetting({ core }: Installation, of: readonly EndpointId[], deafMs: number): readonly Step[] {
  const data = { member: null, deafUntil: core.now() + deafMs };
  return of
    .filter((id) => core.state.endpoint(id).context.hearsay.words.length > 0)
    .map((id) => ({ stream: streams.endpoint(id), fact: { type: 'HearsayForgotten', data } }));
}

/** @throws {QccError} `QCC_FLEET_ENV` when a variable would have it join again */
async function leave(installation: Installation): Promise<Answer<'fleet.leave'>> {
  const name = envNameOf('fleet.url');
  if (process.env[name] !== undefined) throw new QccError('QCC_FLEET_ENV', { name }, exitCodes.usage);
  const { core, settings } = installation;
  const { fleet } = gatewayStatus(core.state.gateway);
  const from = settings()['fleet.url'];
  const unset = { type: 'SettingChanged', data: { key: 'fleet.url', from, to: null } };
  const left = { type: 'FleetLeft', data: { member: fleet?.member } };
  // Also of a fleet whose server has never answered: it would have been joined.
  const isSet = core.state.settings.has('fleet.url');
  const steps: Step[] = [
    ...(isSet ? [{ stream: streams.config, fact: unset }] : []),
    ...(fleet === null ? [] : [{ stream: streams.gateway, fact: left }]),
    ...forgetting(installation, allOf(installation), 0),
  ];
  if (steps.length > 0) await core.command({ do: 'change', steps });
  return { left: fleet !== null || isSet };
}

export const fleetHandlers: Handlers<typeof fleetContract> = {
  'fleet.status': status,
  'fleet.beliefs': (it, { endpoint }, live) => {
    const of = meant(it, endpoint);
    return { beliefs: [...heardRows(it, of), ...pathRows(it, live, of)] };
  },
  'fleet.forget': forget,
  'fleet.leave': leave,
};
