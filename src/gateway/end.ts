/**
 * How a gateway ends even if a part of it cannot: each step has a deadline, a failed step is reported, and the next one follows all the
 * same.
 */

export interface StepFault {
  readonly step: string;
  readonly why: string;
}

// Work that is on its way to a disk or a thread ends within this time, or not at all.
const stepMs = 2_000;

/** The result of `work`; undefined when it fails or does not return in time, which is reported to `fault`. */
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
    // In a promise of its own, so that a synchronous throw is a failure like any other.
    const done = Promise.resolve().then(work);
    return await Promise.race([done, late]);
  } catch (error) {
    fault({ step: name, why: error instanceof Error ? error.message : String(error) });
    return undefined;
  } finally {
    clearTimeout(timer);
  }
}

/** Parts that were opened, to be closed in the opposite order. */
export class Parts {
  readonly #open: { readonly name: string; readonly close: () => unknown }[] = [];

  add(name: string, close: () => unknown): void {
    this.#open.push({ name, close });
  }

  /** A part that cannot be closed does not keep the others open. */
  async closeAll(fault: (fault: StepFault) => void): Promise<void> {
    for (const { name, close } of this.#open.splice(0).reverse())
      await step(name, async () => void (await close()), fault);
  }
}
