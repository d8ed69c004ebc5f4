/** Refusals that a command and an operation both give. */
import { exitCodes, QccError } from '../errors/qcc-error.ts';

/** Nothing could be asked there: every request would be refused. */
export function noEndpoint(profile: string): QccError {
  return new QccError(
    'QCC_PROFILE_BARE',
    `profile "${profile}" has no endpoint: there is nothing to ask`,
    `qcc endpoint add ${profile} --base-url URL --api-key-stdin, or --preset ID`,
    exitCodes.notFound,
    { name: profile },
  );
}
