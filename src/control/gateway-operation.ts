/**
 * The operations of the gateway itself and of a whole home. They are here, because the gateway's commands are in a folder above the
 * socket's.
 */

import type { Handlers } from '../commands/handler.ts';
import type { gatewayContract } from '../contract/gateway.ts';
import { clientToken } from '../installation/client-token.ts';
import { freezeHome } from '../installation/frozen-home.ts';
import { makeOwnCertificate, showOwnCertificate } from './certificate-operation.ts';
import { remoteSettings, useRemote } from './remote-operation.ts';

export const gatewayHandlers: Handlers<typeof gatewayContract> = {
  'home.init': ({ home, created, vault }) => ({ home, created, keychain: vault.inKeychain }),
  'home.freeze': freezeHome,
  'proxy.status': (_, __, live) => live.status(),
  'proxy.cert': (it, params, live) => makeOwnCertificate(it, params, live !== undefined),
  'proxy.showCert': (it, _, live) => showOwnCertificate(it, live !== undefined),
  'proxy.running': (_, params, live) => live.running(params),
  'proxy.stop': (_, { graceMs }, live) => live.stop(graceMs),
  'client.standing': (_, params, live) => live.standing(params),
  'client.remote': remoteSettings,
  'client.useGateway': useRemote,
  'client.settings': (it, _, live) => clientToken(it, live?.url),
};
