/** The life of each queued request, by its facts: it has one end, and no unannounced call that could be a second one. */

const after = {
  RetryFailed: 'waiting',
  RetryAsked: 'waiting',
  RetryAbandoned: 'unknown',
  RetrySucceeded: 'answered',
  QueuedRequestDied: 'dead',
  QueuedRequestCancelled: 'cancelled',
};
const asked = new Set(['waiting', 'dead', 'unknown']);
const results = new Set(['RetryFailed', 'RetryAbandoned', 'RetrySucceeded']);

export class Stories {
  /** Sentences, one for each promise that was broken. */
  faults = [];
  #items = new Map();

  /** @param fact the next one of the log; those of other streams are ignored */
  take({ stream, type, data, seq }) {
    if (!stream.startsWith('queue/')) return;
    const wrong = (what) => this.faults.push(`#${seq} ${type} of ${stream}: ${what}`);
    const item = this.#items.get(stream);
    if (type === 'RequestQueued') {
      if (item) wrong('it is in the queue already');
      const fresh = { state: 'waiting', session: data.session, starts: 0, unknown: 0, attempt: 0, epoch: null };
      this.#items.set(stream, fresh);
    } else if (!item) wrong('nobody has put it into the queue');
    else if (type === 'RetryStarted') this.#start(item, data, wrong);
    else if (type in after) this.#move(item, type, data, wrong);
  }

  #start(item, { attempt, epoch }, wrong) {
    if (item.state === 'unknown') wrong('it may be answered and billed, and nobody has asked for another call');
    else if (item.state === 'retrying' && item.epoch !== epoch)
      wrong('what an earlier life had sent was not called unknown before');
    else if (item.state !== 'waiting' && item.state !== 'retrying') wrong(`it was ${item.state}`);
    if (attempt <= item.attempt) wrong(`attempt ${attempt} after attempt ${item.attempt}`);
    Object.assign(item, { state: 'retrying', attempt, epoch, starts: item.starts + 1 });
  }

  #move(item, type, { attempt, epoch }, wrong) {
    if (item.state === 'answered' || item.state === 'cancelled') wrong(`a second end, it was ${item.state}`);
    if (results.has(type)) {
      if (item.state !== 'retrying') wrong(`nothing was sent, it was ${item.state}`);
      if (attempt !== item.attempt || epoch !== item.epoch) wrong('it is the result of another attempt');
    }
    if (type === 'RetryAsked' && !asked.has(item.state)) wrong(`asked for while it was ${item.state}`);
    if (type === 'RetryAbandoned') item.unknown++;
    item.state = after[type];
  }

  /** `{ state, session, starts, unknown }` of each, by its stream. */
  get items() {
    return new Map(
      [...this.#items].map(([stream, { state, session, starts, unknown }]) => {
        return [stream, { state, session, starts, unknown }];
      }),
    );
  }
}
