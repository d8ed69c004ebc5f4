/** What a gateway that stops does with the requests that it has. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { describe, expect, it } from 'vitest';
import { ask, bodyOf, gateway, open, token } from './gateway.ts';
import { answers, signal, silence, upstream, waitsFor } from './upstreams.ts';

describe('a gateway that stops', () => {
  it('finishes requests in progress, and those in the backlog', async () => {
    const go = signal();
    const a = await upstream('a', waitsFor(go.given, answers()), answers());
    const gw = await gateway({ main: [a] }, { settings: { 'proxy.max_concurrent': 1 } });
    const live = [open(gw), open(gw)];
    await Promise.all(live.map(({ sent }) => once(sent, 'socket')));
    await until(() => gw.server.counts().waiting === 1);
    const stopped = gw.server.drain(10_000);
    go.give();
    const got = await Promise.all(live.map(({ done }) => done));
    expect(got.map(({ status, whole }) => [status, whole])).toEqual([
      [200, true],
      [200, true],
    ]);
    expect(await stopped).toEqual({ drained: 2, cut: 0 });
  });

  it('waits for the rest of a request that is still arriving', async () => {
    const a = await upstream('a', answers());
    const gw = await gateway({ main: [a] });
    const body = bodyOf({ stream: false });
    const socket = connect(gw.port, '127.0.0.1').setEncoding('latin1');
    let came = '';
    socket.on('data', (text: string) => {
      came += text;
    });
    const head = `POST /v1/messages HTTP/1.1\r\nhost: 127.0.0.1:${gw.port}\r\nauthorization: Bearer ${token}\r\n`;
    socket.write(`${head}content-type: application/json\r\ncontent-length: ${body.length}\r\n\r\n${body.slice(0, 10)}`);
    await until(() => gw.server.counts().inFlight === 1);
    const stopped = gw.server.drain(10_000);
    socket.write(body.slice(10));
    expect(await stopped).toEqual({ drained: 1, cut: 0 });
    await once(socket, 'close');
    expect(came).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('aborts requests at its deadline, and reports how many', async () => {
    const a = await upstream('a', silence);
    const gw = await gateway({ main: [a] });
    const live = open(gw);
    await until(() => a.heard.length === 1);
    expect(await gw.server.drain(20)).toEqual({ drained: 0, cut: 1 });
    await expect(live.done).rejects.toThrow('socket hang up');
  });

  it('accepts no new ones', async () => {
    const gw = await gateway({ main: [await upstream('a')] });
    await gw.server.drain(0);
    await expect(ask(gw)).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise(setImmediate);
}
