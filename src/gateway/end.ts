/**
 * How a gateway comes to its end, also where a part of it cannot: each step has its time, what it could not do is told, and the next
 * one comes all the same.
 */

export interface StepFault {
  readonly step: string;
  readonly why: string;
}

// What is on its way to a disk or a thread ends within it, or not at all.
const stepMs = 2_000;

/** What `work` comes to; undefined when it fails or does not come back, which `fault` hears of. */
export async function step<T>(
  name: string,
  work: () => T | Promise<T>,
  fault: (fault: StepFault) => void,
  ms: number = stepMs,
): Promise<T | undefined> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(() => {
      fault({ step: name, why: `it took more than ${ms} ms` });
      resolve(undefined);
    }, ms);
  });
  try {
    // In a promise of its own: what throws at once is a failure like any other.
    const done = Promise.resolve().then(work);
    return await Promise.race([done, late]);
  } catch (error) {
    fault({ step: name, why: error instanceof Error ? error.message : String(error) });
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Parts that were opened, closed again in the opposite order. */
export class Parts {
  readonly #open: { readonly name: string; readonly close: () => unknown }[] = [];

  add(name: string, close: () => unknown): void {
    this.#open.push({ name, close });
  }

  /** What cannot be closed keeps nothing else open. */
  async closeAll(fault: (fault: StepFault) => void): Promise<void> {
    for (const { name, close } of this.#open.splice(0).reverse())
      await step(name, async () => void (await close()), fault);
  }
}
