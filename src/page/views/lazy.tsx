/** Views that are loaded when they are first looked at. Until then the former view stands. */
import { signal } from '@preact/signals';
import type { FunctionComponent } from 'preact';
import type { View } from '../place.ts';
import { Now } from './now.tsx';

type ViewComponent = FunctionComponent<Record<never, never>>;

const loaders: Readonly<Partial<Record<View, () => Promise<ViewComponent>>>> = {
  endpoint: async () => (await import('./endpoint.tsx')).EndpointView,
  request: async () => (await import('./request.tsx')).RequestView,
  requests: async () => (await import('./requests.tsx')).RequestsView,
};

const loaded = signal<ReadonlyMap<View, ViewComponent>>(new Map([['now', Now]]));
const asked = new Set<View>();

export function viewOf(view: View): ViewComponent | undefined {
  const found = loaded.value.get(view);
  const loader = loaders[view];
  if (!found && loader && !asked.has(view)) {
    asked.add(view);
    void loader().then((component) => {
      loaded.value = new Map([...loaded.value, [view, component]]);
    });
  }
  return found;
}
