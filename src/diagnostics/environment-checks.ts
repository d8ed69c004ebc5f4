/** Variables of a gateway's environment that are harmful or unusable. Values are not shown: a proxy's holds its password. */
import { brokenProxies } from '../config/network/outbound-proxy.ts';
import { type Check, fault, orPassed, passed, warning } from '../contract/checks.ts';

type Env = Readonly<Record<string, string | undefined>>;

const unverified = 'NODE_TLS_REJECT_UNAUTHORIZED';

export function environmentChecks(env: Env): readonly Check[] {
  const broken = brokenProxies(env).map((name) => fault('env.outbound', { name }, `unset ${name}`));
  return [...orPassed('env.outbound', broken), certificates(env)];
}

/** Certificates are verified all the same; the user who has set it believes that they are not. */
function certificates(env: Env): Check {
  if (env[unverified] !== '0') return passed('env.certificates', 'warning');
  return warning('env.certificates', { name: unverified }, `unset ${unverified}`);
}

/** The gateway's findings about its own environment take precedence over those of the same check in this process. */
export function withOwnEnvironment(inside: readonly Check[], env: Env): readonly Check[] {
  const bad = new Set(inside.filter(({ ok }) => !ok).map(({ id }) => id));
  const here = environmentChecks(env).filter(({ id, ok }) => !ok && !bad.has(id));
  const replaced = new Set(here.map(({ id }) => id));
  return [...inside.filter(({ id }) => !replaced.has(id)), ...here];
}
