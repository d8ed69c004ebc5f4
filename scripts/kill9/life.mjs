/** One life of a gateway: started, kept busy from all sides, killed in the middle of it. */
import { spawn } from 'node:child_process';
import { request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { cpuMicros } from '../bench/processes.mjs';

const isLinux = process.platform === 'linux';
const clients = 8;
const startMs = 15_000;
const lookEveryMs = 80;
const faultEveryMs = 60;
const switchEveryMs = 40;
const askMs = 15_000;
const wellShare = 0.65;
const profilesMax = 12;
const tiers = ['primary', 'secondary', 'fallback', null];

const faults = [
  { kind: 'status', status: 500 },
  { kind: 'status', status: 529 },
  { kind: 'status', status: 429 },
  { kind: 'refuse' },
  { kind: 'reset' },
  { kind: 'breaks', when: 'beforeContent', how: 'cut' },
  { kind: 'breaks', when: 'afterContent', how: 'cut' },
];

/** Numeric settings that can be changed without affecting the load; the last two are for the command line. */
const settings = ['proxy.max_waiting', 'queue.ttl', 'loadbalancer.sticky_ttl', 'history.retention_days'];
const cliSettings = ['queue.max_size', 'proxy.log_level'];
const levels = ['error', 'warn', 'info', 'debug'];

export class Life {
  /** How many requests were answered completely. */
  answered = 0;
  /** Errors from before the kill, in sentences. */
  wrong = [];
  /** What it reported: `looks` at its machines, and `facts` by number. */
  seen = { looks: [], facts: new Map() };
  #it;
  #child;
  #ended;
  #killed = false;
  #leaving = false;
  #load = [];
  #stderr = '';

  /** @param it `{ program, env, home, port, endpoints, ledger, dice, connect }` */
  constructor(it) {
    this.#it = it;
  }

  /** Begins the start; its outcome is unknown. */
  spawn() {
    const { program, env, port } = this.#it;
    const args = [program, 'proxy', 'run', '--host', '127.0.0.1', '--port', String(port), '--json'];
    this.#child = spawn(process.execPath, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stderr.on('data', (chunk) => {
      this.#stderr += chunk;
    });
    this.#ended = new Promise((resolve) => this.#child.once('close', resolve));
  }

  /**
   * Resolves when both ports answer: it says so on stdout, and `/healthz` must agree.
   * @returns the duration in milliseconds, and how much of it was CPU time
   */
  async answers() {
    const began = performance.now();
    const said = new Promise((resolve) => this.#child.stdout.once('data', resolve));
    await Promise.race([said, this.#ended, sleep(startMs)]);
    const { status } = await ask(this.#it.port, '/healthz');
    const ms = performance.now() - began;
    if (status === 200) return { ms, cpuMs: isLinux ? cpuMicros(this.#child.pid) / 1_000 : ms };
    throw new Error(`the gateway did not start: ${this.#stderr.trim() || 'no answer in time'}`);
  }

  async call(name, params) {
    const { call } = await this.#it.connect({ home: this.#it.home, needGateway: true });
    return call(name, params);
  }

  /** From all sides at once, until the kill. */
  keepBusy() {
    const loops = [this.#settings, this.#profiles, this.#switches, this.#commands, this.#looks, this.#faults];
    for (let i = 0; i < clients; i++) loops.push(this.#client);
    this.#load = loops.map((loop) => this.#until(loop));
  }

  /** Asks it to stop, without waiting. */
  leave() {
    this.#leaving = true;
    this.call('proxy.stop', { graceMs: 0 }).catch(() => undefined);
  }

  /** Resolves when the process is gone and all pending requests have ended; false when it had ended by itself. */
  async kill() {
    this.#killed = true;
    this.#leaving = true;
    const sent = this.#child.exitCode === null && this.#child.kill('SIGKILL');
    await this.#ended;
    await Promise.all(this.#load);
    return sent && this.#child.signalCode === 'SIGKILL';
  }

  /** One turn through the gateway, over the ladder or one profile. */
  turn(profile) {
    const path = `${profile ? `/p/${profile}` : ''}/v1/messages`;
    return ask(this.#it.port, path, {
      model: 'claude-simulated',
      max_tokens: 64,
      stream: this.#it.dice() < 0.5,
      messages: [{ role: 'user', content: 'hello' }],
    });
  }

  async #until(loop) {
    while (!this.#killed) {
      try {
        await loop.call(this);
      } catch (error) {
        // A gateway that is stopping may say so to its clients.
        if (!this.#leaving) this.wrong.push(error.message);
        return;
      }
    }
  }

  async #client() {
    const { status, whole, text } = await this.turn();
    if (this.#killed || status !== 200 || !whole) return;
    if (/QCC-OK/.test(text)) this.answered++;
    else this.wrong.push(`an answer that is none: ${text.slice(0, 80)}`);
  }

  async #settings() {
    const key = this.#pick(settings);
    await this.#set(key, this.#number(100, 3_000), (value) => this.call('config.set', { key, value: String(value) }));
  }

  /** Through the program itself, as a user does it: exit code 0 is a promise. */
  async #commands() {
    const key = this.#pick(cliSettings);
    const value = key === 'proxy.log_level' ? this.#pick(levels) : this.#number(100, 100_000);
    await this.#set(key, value, () => this.#qcc('config', 'set', key, String(value), '--json'));
  }

  #set(key, value, ask) {
    return this.#it.ledger.write(`setting ${key}`, String(value), () => ask(value));
  }

  async #profiles() {
    const { ledger, endpoints } = this.#it;
    const made = ledger.standing('profile ');
    const act = this.#it.dice();
    if (made.length > 0 && (made.length >= profilesMax || act < 0.3)) {
      const [entry] = this.#pick(made);
      const name = entry.slice('profile '.length);
      await ledger.write(entry, null, () => this.call('profile.remove', { name }));
    } else if (made.length > 0 && act < 0.5) {
      const [entry, before] = this.#pick(made);
      const name = entry.slice('profile '.length);
      const tier = this.#pick(tiers);
      const { description, endpoints: count } = JSON.parse(before);
      const after = profileValue({ tier, description, endpoints: count });
      await ledger.write(entry, after, () => this.call('priority.set', { profile: name, tier }));
    } else {
      const name = `extra-${this.#number(1, 1e9)}`;
      const description = `made at ${this.#number(1, 1e6)}`;
      const { url, auth, key } = this.#pick(endpoints);
      const value = profileValue({ tier: null, description, endpoints: 1 });
      await ledger.write(`profile ${name}`, value, () =>
        this.call('profile.add', { name, description, endpoint: { baseUrl: url, auth, key } }),
      );
    }
  }

  async #switches() {
    await sleep(switchEveryMs);
    if (this.#it.dice() < 0.3) {
      await this.call('priority.release', {});
      return;
    }
    const to = this.#pick(this.#it.endpoints).name;
    await this.#it.ledger.switch(to, () => this.call('priority.switch', { profile: to, reason: 'a round' }));
  }

  async #looks() {
    await sleep(lookEveryMs);
    const { seq, machines } = await this.call('debug.machines', {});
    this.seen.looks.push({ seq, machines });
    const { facts } = await this.call('history.read', { limit: 50 });
    for (const fact of facts) this.seen.facts.set(fact.seq, fact);
  }

  async #faults() {
    await sleep(faultEveryMs);
    const fault = this.#it.dice() < wellShare ? { kind: 'none' } : this.#pick(faults);
    await this.#pick(this.#it.endpoints).play(fault);
  }

  #pick(list) {
    return list[Math.floor(this.#it.dice() * list.length)];
  }

  #number(from, to) {
    return from + Math.floor(this.#it.dice() * (to - from));
  }

  #qcc(...args) {
    const { program, env } = this.#it;
    const child = spawn(process.execPath, [program, ...args], {
      env,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: askMs,
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    return new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (code) =>
        code === 0 ? resolve() : reject(new Error(`qcc ${args.join(' ')}: ${said.trim()}`)),
      );
    });
  }
}

/** The promised part of a profile's row, as one text. */
export function profileValue({ tier, description, endpoints }) {
  return JSON.stringify({ tier, description, endpoints });
}

/** Never fails: `status` 0 means no answer. */
function ask(port, path, body) {
  const text = body === undefined ? undefined : JSON.stringify(body);
  const headers = { authorization: 'Bearer proxy-managed', 'anthropic-version': '2023-06-01' };
  if (text !== undefined) {
    headers['content-type'] = 'application/json';
    headers['content-length'] = Buffer.byteLength(text);
  }
  return new Promise((resolve) => {
    const none = { status: 0, text: '', whole: false };
    const options = {
      host: '127.0.0.1',
      port,
      path,
      method: text === undefined ? 'GET' : 'POST',
      headers,
      agent: false,
    };
    const sent = request({ ...options, timeout: askMs }, (response) => {
      let said = '';
      response.setEncoding('utf8').on('data', (chunk) => {
        said += chunk;
      });
      response.on('error', () => undefined);
      response.on('close', () => resolve({ status: response.statusCode, text: said, whole: response.complete }));
    });
    sent.on('timeout', () => sent.destroy());
    sent.on('error', () => resolve(none));
    sent.end(text);
  });
}
