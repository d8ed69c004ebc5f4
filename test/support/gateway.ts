/** A gateway in the test's own process, and a command's line to it; both end with the test. */
import { onTestFinished } from 'vitest';
import { connect } from '../../src/control/client.ts';
import { runGateway } from '../../src/gateway/gateway.ts';
import { temporaryHome } from './home.ts';

export async function runningGateway() {
  const home = temporaryHome();
  const gateway = await runGateway({ home, port: 0 });
  onTestFinished(async () => {
    await gateway.stop(0);
    await gateway.stopped;
  });
  const { call } = await connect({ home, needGateway: true });
  return { home, gateway, call };
}
