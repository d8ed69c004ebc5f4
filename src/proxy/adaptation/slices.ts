/** Work on a body in slices: all at once, or each in a turn of its own, so that a large body holds up no other request. */

/** It yields between two slices. */
export type Sliced<Result> = Generator<undefined, Result, undefined>;

export function atOnce<Result>(work: Sliced<Result>): Result {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
  }
}

export async function inTurns<Result>(work: Sliced<Result>): Promise<Result> {
  for (;;) {
    const { done, value } = work.next();
    if (done) return value;
    await new Promise(setImmediate);
  }
}
