/** Checks a log as a kill left it, on a copy: every number, every version, and whether a replay gives the state that was seen live. */
import { isDeepStrictEqual } from 'node:util';

const told = 3;

/**
 * @param code the built modules: `LevelLog`, `foldLog`, `State`, `upcast`, `showMachines`, `factRow`, `effective`
 * @param dir a copy of the log's folder
 * @param seen what the killed gateway reported while it lived: `{ seq, machines }` and `{ facts }`
 */
export async function replay(code, dir, seen) {
  const log = await code.LevelLog.open(dir);
  try {
    const checks = new Checks();
    const state = new code.State();
    const switches = [];
    const looks = seen.looks.filter(({ seq }) => seq <= log.head);
    for await (const facts of log.read(log.tail)) {
      for (const fact of facts) {
        checks.take(fact);
        state.apply(code.upcast(fact));
        if (fact.type === 'SwitchedByHand') switches.push(fact);
        for (const look of looks.filter(({ seq }) => seq === fact.seq)) await compareLook(code, state, look, checks);
        const shown = seen.facts.get(fact.seq);
        if (shown && !isDeepStrictEqual(shown, plain(code.factRow(fact))))
          checks.lost(`#${fact.seq} is not what was shown`);
      }
    }
    const unwritten = [...seen.facts.keys()].filter((seq) => seq > log.head);
    if (unwritten.length > 0) checks.lost(`${unwritten.length} facts were shown and are not in the log`);
    for (const { from, to, why } of log.damage) checks.gap(`#${from} to #${to}: ${why}`);
    for (const { seq, recorded, folded } of state.drift)
      checks.drift(`#${seq}: recorded ${recorded}, folded ${folded}`);
    // As a start does it: the newest snapshot, and the facts after it.
    const quick = await code.foldLog(log);
    if (!isDeepStrictEqual(plain(quick), plain(state))) checks.drift(`${differs(quick, state)} differ by the snapshot`);
    return { ...checks.result(), facts: log.head, looks: looks.length, switches };
  } finally {
    await log.close();
  }
}

/** A log without gaps: a loss of the live log would show as a gap. */
const soundLog = { state: 'suspended', damage: [] };

async function compareLook({ showMachines, effective }, state, look, checks) {
  const { settings } = effective(state.settings, {});
  const { machines } = plain(await showMachines({ core: { state, log: soundLog }, settings: () => settings }, {}));
  const other = machines.find((machine, i) => !isDeepStrictEqual(machine, look.machines[i]));
  if (other || machines.length !== look.machines.length) {
    checks.drift(`#${look.seq}: ${other?.id ?? 'the machines'} replayed is not what was live`);
  }
}

function differs(one, other) {
  const [a, b] = [plain(one), plain(other)];
  return Object.keys(a).filter((key) => !isDeepStrictEqual(a[key], b[key]));
}

/** As transferred: no classes, no undefined. */
function plain(value) {
  return JSON.parse(JSON.stringify(value));
}

class Checks {
  #gaps = [];
  #drift = [];
  #lost = [];
  #before = { seq: 0, at: 0 };
  #versions = new Map();
  #alive = false;

  take(fact) {
    const { seq, at, stream, version, cause, type } = fact;
    if (seq !== this.#before.seq + 1) this.gap(`#${this.#before.seq} is followed by #${seq}`);
    if (at < this.#before.at) this.gap(`#${seq} is earlier than the fact before it`);
    if (cause !== null && cause >= seq) this.gap(`#${seq} names #${cause} as its cause`);
    const last = this.#versions.get(stream) ?? 0;
    if (version !== last + 1) this.gap(`#${seq}: ${stream} goes from version ${last} to ${version}`);
    this.#versions.set(stream, version);
    this.#before = fact;
    // Each life ends in the log: by itself, or recorded by the next one.
    if (type === 'GatewayStarted' && this.#alive) this.gap(`#${seq}: the life before it did not end`);
    if (type === 'GatewayStarted') this.#alive = true;
    if (type === 'GatewayStopped' || type === 'GatewayFoundDead') this.#alive = false;
  }

  gap(what) {
    this.#gaps.push(what);
  }

  drift(what) {
    this.#drift.push(what);
  }

  lost(what) {
    this.#lost.push(what);
  }

  result() {
    const [gaps, drift, lost] = [this.#gaps, this.#drift, this.#lost];
    const faults = [...gaps.slice(0, told), ...drift.slice(0, told), ...lost.slice(0, told)];
    return { gaps: gaps.length, drift: drift.length, lost: lost.length, faults };
  }
}
