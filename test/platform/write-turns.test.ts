/** Writes of a busy turn of the loop go out at its end, in their order; those of a quiet one at once. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { WriteTurns } from '../../src/platform/write-turns.ts';

const turnEnd = () => new Promise((resolve) => setImmediate(resolve));

/** Some sockets to a server that keeps what it gets. */
async function sockets(count: number): Promise<{ readonly all: readonly Socket[]; readonly came: () => string }> {
  let came = '';
  const server = createServer((socket) => {
    socket.setEncoding('latin1').on('data', (text: string) => {
      came += text;
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const all = Array.from({ length: count }, () => connect(port, '127.0.0.1'));
  onTestFinished(() => {
    for (const socket of all) socket.destroy();
    server.close();
  });
  await Promise.all(all.map((socket) => once(socket, 'connect')));
  return { all, came: () => came };
}

/** How many letters of each are held back. */
const heldOf = (all: readonly Socket[]) => all.map((socket) => socket.writableLength);

it('the first writes go out at once, and those that come close behind them at the end of the turn', async () => {
  let now = 0;
  const turns = new WriteTurns(() => now);
  const { all } = await sockets(6);
  const write = () => {
    for (const socket of all) {
      now += 0.02;
      turns.begin(socket);
      socket.write('x');
    }
  };
  now = 1_000;
  write();
  expect(heldOf(all)).toEqual([0, 0, 0, 1, 1, 1]);
  await turnEnd();
  expect(heldOf(all)).toEqual([0, 0, 0, 0, 0, 0]);
  // The next turn begins as the last one was.
  write();
  expect(heldOf(all)).toEqual([1, 1, 1, 1, 1, 1]);
  await turnEnd();
  expect(heldOf(all)).toEqual([0, 0, 0, 0, 0, 0]);
});

it('a turn with few writes is the last one that holds any back', async () => {
  let now = 1_000;
  const turns = new WriteTurns(() => now);
  const { all } = await sockets(6);
  const [first] = all as [Socket];
  for (const socket of all) turns.begin(socket);
  await turnEnd();
  turns.begin(first);
  first.write('x');
  expect(first.writableLength).toBe(1);
  await turnEnd();
  now += 1;
  turns.begin(first);
  first.write('x');
  expect(first.writableLength).toBe(0);
});

it('what one socket is given in a turn arrives in its order, and what ends meanwhile arrives, too', async () => {
  const turns = new WriteTurns(() => 0);
  const { all, came } = await sockets(1);
  const [socket] = all as [Socket];
  for (const letter of 'abcdefgh') {
    turns.begin(socket);
    socket.write(letter);
  }
  socket.end('i');
  await once(socket, 'finish');
  await turnEnd();
  await once(socket, 'close');
  expect(came()).toBe('abcdefghi');
});
