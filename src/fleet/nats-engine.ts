/** The fleet's engine over NATS JetStream. Loaded only when a fleet is set up. The server's promise of durability is not relied on. */
import { readFile } from 'node:fs/promises';
import { rootCertificates } from 'node:tls';
import type { JetStreamClient, JetStreamManager, StreamConfig } from '@nats-io/jetstream';
import type { NatsConnection, TlsOptions } from '@nats-io/transport-node';
import type { Millis } from '../../events/fact.ts';
import { dayMs, minuteMs, secondMs } from '../../events/units.ts';
import { type Channel, type Delivered, type Engine, leaseMs, type Register } from './engine.ts';
import type { FleetSettings } from './fleet.ts';
import { messageBytesMax } from './message.ts';

const stream = 'QCC_FLEET';
const prefix = 'qcc.fleet';
// What is said in no gateway's name. No gateway can have it.
const common = '_';
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
// What a key-value store with a time to live is made of; of one, compare-and-set alone is needed. The revision is the number in the stream.
const leases = {
  name: 'QCC_FLEET_LEASES',
  subjects: ['qcc.lease.>'],
  max_age: leaseMs * nanosPerMs,
  max_msgs_per_subject: 1,
  max_bytes: 1024 * 1024,
  max_msg_size: messageBytesMax + 1_024,
  duplicate_window: secondMs * nanosPerMs,
  storage: 'memory' as const,
};
const wrongRevision = 10_071;

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
    ...((url.startsWith('tls:') || tlsCa !== '') && { tls: await encryptionOf(url, tlsCa) }),
  });
  try {
    const manager = await jetstreamManager(connection, { timeout: callMs });
    const era = await ensureStream(manager, config);
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
      era,
      closed: connection.closed().then(() => {}),
      publish: async (name, channel, id, bytes) => {
        await client.publish(subjectOf(name, channel), bytes, { msgID: id, timeout: callMs });
      },
      newest: async (name, channel) => {
        const found = await manager.streams.getMessage(stream, { last_by_subj: subjectOf(name, channel) });
        return found && delivered(found.subject, found.data, found.time.getTime());
      },
      subscribe: async (sinceMs, receive, changed) => {
        const consumer = await client.consumers.get(stream, {
          deliver_policy: DeliverPolicy.StartTime,
          opt_start_time: new Date(Date.now() + aheadMs - sinceMs).toISOString(),
        });
        const messages = await consumer.consume({
          callback: ({ subject, data, timestampNanos }) => {
            const one = delivered(subject, data, Number(timestampNanos / BigInt(nanosPerMs)));
            if (one.name === common) changed(subject.split('.')[3] ?? '');
            else receive(one);
          },
        });
        return () => messages.stop();
      },
      ...(await registersOf(manager, client, () => Date.now() + aheadMs)),
      close: () => connection.close(),
    };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/**
 * A server that does not encrypt is refused. Of an address without a name the client would ask for a certificate of `localhost`: it is told
 * the host.
 */
async function encryptionOf(url: string, tlsCa: string): Promise<TlsOptions & { readonly host: string }> {
  const host = new URL(url.replace(/^(nats|tls):/, 'http:')).hostname.replaceAll(/[[\]]/g, '');
  if (tlsCa === '') return { host };
  const own = await readFile(tlsCa, 'utf8').catch(() => '');
  if (!own.includes('-----BEGIN CERTIFICATE-----'))
    throw Object.assign(new Error('fleet.tls_ca is no file with certificates'), { code: 'caFile' });
  // The client's type knows one text, and hands on what Node takes.
  return { host, ca: [...rootCertificates, own] as unknown as string };
}

const subjectOf = (name: string, channel: Channel) => `${prefix}.${name}.${channel}`;

/** The first gateway makes it; an administrator may have made it with other limits, which stand. @returns when it was made */
async function ensureStream({ streams }: JetStreamManager, wanted: typeof config | typeof leases): Promise<Millis> {
  const made = () => streams.add(wanted as Partial<StreamConfig> & { name: string });
  const { created } = await streams.info(wanted.name).catch(made);
  return Date.parse(String(created));
}

/** Without leases each gateway acts for itself: where members may not make their stream, and there is none, the fleet works all the same. */
async function registersOf(
  manager: JetStreamManager,
  client: JetStreamClient,
  serverNow: () => Millis,
): Promise<Pick<Engine, 'swap' | 'read'>> {
  await ensureStream(manager, leases).catch(() => {});
  const place = (register: Register) => {
    const [kind, key] = register.split('.');
    const isLease = kind === 'lease';
    return { of: isLease ? leases.name : stream, subject: isLease ? `qcc.lease.${key}` : `${prefix}.${common}.${key}` };
  };
  return {
    swap: async (register, after, bytes) => {
      const expect = { lastSubjectSequence: after };
      try {
        return (await client.publish(place(register).subject, bytes, { expect, timeout: callMs })).seq;
      } catch (error) {
        if ((error as { readonly code?: unknown }).code === wrongRevision) return null;
        throw error;
      }
    },
    read: async (register) => {
      const { of, subject } = place(register);
      const found = await manager.streams.getMessage(of, { last_by_subj: subject });
      if (!found) return null;
      const ageMs = Math.max(0, Math.round(serverNow() - found.time.getTime()));
      return { revision: found.seq, bytes: found.data, ageMs };
    },
  };
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
