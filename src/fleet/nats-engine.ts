/** The fleet's engine over NATS JetStream. Loaded only when a fleet is set up. The server's promise of durability is not relied on. */
import { readFile } from 'node:fs/promises';
import type { JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Millis } from '../../events/fact.ts';
import { dayMs, minuteMs, secondMs } from '../../events/units.ts';
import type { Channel, Delivered, Engine } from './engine.ts';
import type { FleetSettings } from './fleet.ts';
import { messageBytesMax } from './message.ts';

const stream = 'QCC_FLEET';
const prefix = 'qcc.fleet';
const callMs = 2 * secondMs;
// A server that is frozen takes connections and says nothing: it is left after two pings.
const pingEveryMs = 10 * secondMs;
const nanosPerMs = 1_000_000;
const config = {
  name: stream,
  subjects: [`${prefix}.>`],
  max_age: dayMs * nanosPerMs,
  max_msgs_per_subject: 10_000,
  max_bytes: 256 * 1024 * 1024,
  max_msg_size: messageBytesMax + 1_024,
  duplicate_window: 2 * minuteMs * nanosPerMs,
};

/** @throws errors of the system, and those of NATS */
export async function openNats(settings: FleetSettings): Promise<Engine> {
  const [nats, { AckPolicy, DeliverPolicy, jetstream, jetstreamManager }] = await Promise.all([
    import('@nats-io/transport-node'),
    import('@nats-io/jetstream'),
  ]);
  const { url, user, password, nkey, tlsCa } = settings;
  const connection: NatsConnection = await nats.connect({
    servers: url,
    name: 'qcc',
    timeout: callMs,
    pingInterval: pingEveryMs,
    maxPingOut: 2,
    // The fleet's own loop connects anew, and looks then where it was.
    reconnect: false,
    ...(user !== '' && { user, pass: password }),
    ...(nkey !== '' && { authenticator: nats.nkeyAuthenticator(new TextEncoder().encode(nkey)) }),
    ...(url.startsWith('tls:') && { tls: tlsCa === '' ? {} : { ca: await readFile(tlsCa, 'utf8') } }),
  });
  try {
    const manager = await jetstreamManager(connection, { timeout: callMs });
    await ensureStream(manager);
    const client = jetstream(connection, { timeout: callMs });
    const probe = { ack_policy: AckPolicy.None, deliver_policy: DeliverPolicy.New, mem_storage: true };
    const aheadMs = await clockOf(manager, { ...probe, inactive_threshold: secondMs * nanosPerMs });
    const delivered = (subject: string, bytes: Uint8Array, at: Millis): Delivered => ({
      name: subject.split('.')[2] ?? '',
      bytes,
      ageMs: Math.max(0, Math.round(Date.now() + aheadMs - at)),
    });
    return {
      version: connection.info?.version ?? null,
      closed: connection.closed().then(() => {}),
      publish: async (name, channel, id, bytes) => {
        await client.publish(subjectOf(name, channel), bytes, { msgID: id, timeout: callMs });
      },
      newest: async (name, channel) => {
        const found = await manager.streams.getMessage(stream, { last_by_subj: subjectOf(name, channel) });
        return found && delivered(found.subject, found.data, found.time.getTime());
      },
      subscribe: async (sinceMs, receive) => {
        const consumer = await client.consumers.get(stream, {
          deliver_policy: DeliverPolicy.StartTime,
          opt_start_time: new Date(Date.now() + aheadMs - sinceMs).toISOString(),
        });
        const messages = await consumer.consume({
          callback: ({ subject, data, timestampNanos }) =>
            receive(delivered(subject, data, Number(timestampNanos / BigInt(nanosPerMs)))),
        });
        return () => messages.stop();
      },
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

const subjectOf = (name: string, channel: Channel) => `${prefix}.${name}.${channel}`;

/** The first gateway makes it; an administrator may have made it with other limits, which stand. */
async function ensureStream({ streams }: JetStreamManager): Promise<void> {
  await streams.info(stream).catch(() => streams.add(config));
}

/** How far the server's clock is ahead of ours: it stamps what it makes. */
async function clockOf(
  { consumers }: JetStreamManager,
  probe: Parameters<JetStreamManager['consumers']['add']>[1],
): Promise<Millis> {
  const before = Date.now();
  const { created, name } = await consumers.add(stream, probe);
  const aheadMs = Date.parse(String(created)) - (before + Date.now()) / 2;
  await consumers.delete(stream, name).catch(() => {});
  return aheadMs;
}
