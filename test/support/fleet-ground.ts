/** Where a fleet's promises are tested: over the engine in memory, and over a real server whose ways can be cut. */
import { jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect } from '@nats-io/transport-node';
import { afterAll } from 'vitest';
import type { Engine } from '../../src/fleet/engine.ts';
import { Exchange, onNats } from './fleet.ts';
import { type NatsServer, natsServer, type Relay, relayTo } from './nats.ts';
import { FakeWorld } from './world.ts';

export interface Ground {
  /** The clock of the gateways, unless a test gives one another. */
  readonly world: FakeWorld;
  open(name: string): Promise<Engine>;
  /** Neither end is told what happened to the way between these gateways and the server. */
  cut(...names: readonly string[]): void;
  mend(...names: readonly string[]): void;
  /** The server has lost its store. */
  forget(): Promise<void>;
}

export async function inMemory(): Promise<Ground> {
  const world = new FakeWorld();
  const exchange = new Exchange(world);
  return {
    world,
    open: (name) => exchange.open(name),
    cut: (...names) => {
      for (const name of names) exchange.cut.add(name);
    },
    mend: (...names) => {
      for (const name of names) exchange.cut.delete(name);
    },
    forget: async () => exchange.forget(),
  };
}

/** One server for all tests of a file: each begins with an empty store. */
export function onServer(): () => Promise<Ground> {
  const ends: (() => unknown)[] = [];
  let server: Promise<NatsServer> | undefined;
  afterAll(async () => {
    for (const end of ends.reverse()) await end();
  });
  return async () => {
    server ??= natsServer('', (end) => ends.push(end));
    const { url } = await server;
    await emptied(url);
    const ways = new Map<string, Relay>();
    const way = async (name: string) => {
      const known = ways.get(name) ?? (await relayTo(Number(new URL(url).port)));
      ways.set(name, known);
      return known;
    };
    return {
      world: new FakeWorld(),
      open: async (name) => onNats(`nats://127.0.0.1:${(await way(name)).port}`).open(),
      cut: (...names) => {
        for (const name of names) ways.get(name)?.cut();
      },
      mend: (...names) => {
        for (const name of names) ways.get(name)?.mend();
      },
      forget: () => emptied(url),
    };
  };
}

/** Streams that an administrator has made, with no limit but the server's: what fits into it is theirs. @returns what takes messages, and what removes all */
export async function madeByHand(url: string) {
  const connection = await connect({ servers: url });
  const { streams } = await jetstreamManager(connection);
  const name = 'QCC_FLEET';
  await streams.add({ name, subjects: ['qcc.fleet.>'] } as Parameters<typeof streams.add>[0]);
  const client = jetstream(connection);
  return {
    fill: async () => {
      while (await client.publish('qcc.fleet.filler.fact', new Uint8Array(16_000)).catch(() => null));
    },
    purge: () => streams.purge(name),
    close: () => connection.close(),
  };
}

async function emptied(url: string): Promise<void> {
  const connection = await connect({ servers: url });
  const { streams } = await jetstreamManager(connection);
  for (const name of ['QCC_FLEET', 'QCC_FLEET_LEASES']) await streams.delete(name).catch(() => {});
  await connection.close();
}

/** Until it is so: what a real server brings comes when it comes. */
export async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setImmediate(resolve));
}
