/** Small signs: a state by its shape, its word and its colour, and what stands for "no value". */
import type { EndpointState } from '../../../machines/routing-view.ts';
import { words } from '../live/store.ts';

/** Told apart without colour too. In a square of twelve. */
const shapes: Readonly<Record<EndpointState, string>> = {
  healthy: 'M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9z',
  degraded: 'M6 1.2 11.2 10.5 0.8 10.5z',
  failed: 'M2.6 1 6 4.4 9.4 1 11 2.6 7.6 6 11 9.4 9.4 11 6 7.6 2.6 11 1 9.4 4.4 6 1 2.6z',
  recovering: 'M6 0.8 11.2 6 6 11.2 0.8 6z',
  disabled: 'M6 1.5a4.5 4.5 0 1 0 0 9a4.5 4.5 0 1 0 0-9zM6 3.3a2.7 2.7 0 1 1 0 5.4a2.7 2.7 0 1 1 0-5.4z',
};

export function Shape({ state }: { readonly state: string }) {
  return (
    <svg class={`shape s-${state}`} viewBox="0 0 12 12" width="12" height="12" aria-hidden="true">
      <path fill-rule="evenodd" d={shapes[state as EndpointState] ?? shapes.disabled} />
    </svg>
  );
}

export function StateWord({ state }: { readonly state: string }) {
  return (
    <span class={`state s-${state}`}>
      <Shape state={state} />
      {words.value?.code('states', state) ?? state}
    </span>
  );
}
