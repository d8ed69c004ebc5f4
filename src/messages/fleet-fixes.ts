/** Which command helps when nothing comes through to the fleet; null where what helps has to be done at the server. The same in every language. */
import type { FleetFault } from '../contract/fleet.ts';

const server = 'nats-server --jetstream --store_dir FOLDER';
const otherUrl = 'qcc config set fleet.url nats://HOST:4222';
const authority = 'qcc config set fleet.tls_ca FILE';

export const fleetFixes: Readonly<Record<FleetFault, string | null>> = {
  refused: server,
  unknownHost: otherUrl,
  unreachable: otherUrl,
  silent: null,
  ended: null,
  strange: otherUrl,
  login: 'qcc config set fleet.password -',
  forbidden: 'qcc config set fleet.user NAME',
  untrusted: authority,
  otherName: 'qcc config set fleet.url tls://NAME:4222',
  expired: null,
  plain: otherUrl,
  tls: null,
  noJetStream: server,
  full: null,
  caFile: authority,
  seed: 'qcc config set fleet.nkey -',
  nameTaken: 'qcc config set fleet.name NAME',
  other: null,
};
