/** Endpoints for probes, ended with the test, and the job of probing one. */
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import {
  type SimulatedEndpointOptions,
  startSimulatedEndpoint,
} from '../../src/simulated-endpoint/simulated-endpoint.ts';
import type { ProbeJob } from '../../workers/probe.ts';

// On a busy machine; what shall time out says so itself.
const patienceMs = 15_000;

type Place = Pick<ProbeJob, 'auth' | 'key'> & { readonly url: string };

export async function simulated(options: SimulatedEndpointOptions = {}) {
  const endpoint = await startSimulatedEndpoint(options);
  onTestFinished(() => endpoint.close());
  return endpoint;
}

/** An endpoint that does as it likes. */
export async function serving(answer: RequestListener): Promise<Place> {
  const server = createServer(answer);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, auth: 'x-api-key', key: 'sk-ant-test-0123456789abcdef' };
}

/** With a known model, so that no list is requested. */
export function jobFor({ url, auth, key }: Place, more: Partial<ProbeJob> = {}): ProbeJob {
  return {
    endpoint: '11111111',
    baseUrl: url,
    auth,
    key,
    depth: 'conversation',
    proxy: null,
    model: 'claude-given',
    isExact: false,
    known: [],
    timeoutMs: patienceMs,
    dice: 0,
    ...more,
  };
}
